"""Jobs by the wall clock, the only ones in the house; nothing that judges depends on them."""

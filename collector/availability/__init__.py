"""How long each line served in a period, what stood in its way, and whether its contract was kept."""

"""Pages for people, drawn from one picture; they cover themselves when no newer picture comes."""

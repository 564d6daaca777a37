"""Whether the collector's own clock can be right, and what counts as the time while it cannot; it sets no clock."""

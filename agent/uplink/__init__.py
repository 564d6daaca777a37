"""From the spool to the collector, at least once and in order; nothing leaves the spool unacknowledged."""

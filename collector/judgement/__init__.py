"""From fresh facts to the state of a site; it never waits, reads a clock or tells anybody."""

"""Who looks and who may act: people, their sessions, the table of who may do what, and the log that is chained."""

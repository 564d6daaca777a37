"""Who this machine is: its key, its place in the chain, whom it trusts; it measures and delivers nothing."""

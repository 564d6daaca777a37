"""What agent and collector must agree on, and nothing else: no room here decides, probes or serves."""

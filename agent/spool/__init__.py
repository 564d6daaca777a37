"""What was measured and not yet acknowledged, durable; nothing here knows of the network."""

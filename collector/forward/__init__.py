"""Remote write to any Prometheus-compatible store, each destination from a durable cursor of its own."""

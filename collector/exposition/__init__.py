"""The current state as text for Prometheus; it carries no time stamps and nothing that is stale."""

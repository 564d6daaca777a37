"""Transitions, written before anybody is told; it never decides."""

"""The door: who may send, how much, and each record on disk once before it is acknowledged; it never judges."""

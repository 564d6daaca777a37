"""The collector remembers, decides and tells; it never measures."""

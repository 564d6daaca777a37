"""A virtual province on virtual time: faults and their truth, what agents measure, and a score; it sends no packet."""

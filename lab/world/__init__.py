"""A virtual province on virtual time: faults with their truth, what agents measure, a score; it sends nothing."""

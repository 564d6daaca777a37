"""A province in a box, for the demo, the tests and the benchmarks; no program depends on it."""

"""What runs at an engineer's desk, not at a clinic: evaluation and benchmarks."""

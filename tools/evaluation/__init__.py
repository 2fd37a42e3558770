"""Measures how well patients are understood: ``python -m tools.evaluation FILE``."""

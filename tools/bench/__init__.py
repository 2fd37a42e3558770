"""``python -m tools.bench``: speeds, as ratios side by side in one run.

Figures of a busy machine are no figures.
"""

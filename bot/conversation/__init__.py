"""Who speaks and what was said; knows no channel and no web framework."""

"""``python -m bot check``: whether everything that the assistant needs is there, one line each.

A start looks first too.

Nothing here imports Rasa or spaCy: a start must not wait for its own check.
"""

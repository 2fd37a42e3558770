"""``python -m tests.chaos``: the real processes, real patients on both channels, and everything that can
break.

The idea is Jepsen's: what every patient sent and was told is kept in a ledger, and afterwards compared with
what is stored and with what patients saw. ``faults`` says what breaks, ``patients`` who writes, ``verdict``
what counts as a fault of ours, ``run`` puts them together.
"""

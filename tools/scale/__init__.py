"""How the console fares with 100,000 conversations: ``python -m tools.scale``."""

"""Everything round Rasa; ``docs/architecture.md`` shows the rooms."""

"""The only room that imports Rasa: its components, our channel, its client, its command line, the
training."""

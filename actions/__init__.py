"""Rasa's custom actions: thin, each says reviewed words."""

"""The staff console: what it shows, who may see it, and what staff do with a conversation."""

"""The staff console: what it shows, who may see it, and nothing that decides who speaks (that is ``conversation.desk``)."""

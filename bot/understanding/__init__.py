"""What a message means: topic, questions in it, who and what it is about. Knows no Rasa."""

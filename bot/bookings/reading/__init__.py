"""What a patient's message means to the booking form. Pure functions: no Rasa, no database, no web."""

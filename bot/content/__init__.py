"""What may be said: the reviewed answers, the clinic's facts, and the page on which a clinician reads and
signs."""

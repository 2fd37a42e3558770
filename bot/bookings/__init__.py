"""The request for an appointment: its fields, how values are read, the private page for contact details."""

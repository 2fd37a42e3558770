"""Accounts of staff, signing in, and what each role may do."""

"""The ways in and out: ``base.py`` says what a channel is, each folder is one."""

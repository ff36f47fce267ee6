"""The installed program, run as a user runs it."""

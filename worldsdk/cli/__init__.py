"""The ``worldsdk`` command: one file per sub-command; each parses, calls a room, prints."""

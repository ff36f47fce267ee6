"""How a running game streams itself into a dataset: the messages of ``protocol/RECORDING.md``."""

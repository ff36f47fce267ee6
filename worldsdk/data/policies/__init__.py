"""Players that fill a dataset: each turns observations into controls, deterministic from a generator."""

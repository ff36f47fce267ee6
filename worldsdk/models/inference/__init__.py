"""What only makes inference faster: applied to a loaded model, never part of its definition."""

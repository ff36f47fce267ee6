"""The measuring instrument, measured."""

"""The door of a server: who may come in, from where, how often, and what they may hand over."""

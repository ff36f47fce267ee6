"""Games that can be recorded: one file per binding, all behind ``game.Game``."""

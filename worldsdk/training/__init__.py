"""Training worlds from recorded games, by recipe."""

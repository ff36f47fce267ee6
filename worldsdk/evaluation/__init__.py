"""How faithful a world is to its game: pictures, state, cells, and how long a dream lasts."""

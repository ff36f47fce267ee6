"""The server: many sessions on one loaded world, played over the wire. See ``app.Server``."""

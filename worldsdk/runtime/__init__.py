"""Worlds in motion: sessions, the clock, the quality ladder, snapshots. Knows no window and no socket."""

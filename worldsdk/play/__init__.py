"""The play client: a window (or none), a keyboard, and a world in between."""

import os

# pygame greets on standard output when imported; ours is for results.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

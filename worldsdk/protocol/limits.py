"""Every limit that both sides must agree on, and why it is what it is."""

from __future__ import annotations

MAX_INTEGER = 2**53 - 1
"""The largest integer that a JavaScript number, a Lua number and a C# double all hold exactly."""

MAX_DEPTH = 16
"""Maps and arrays inside each other. A command's JSON Schema in ``welcome`` needs eight."""

MAX_VALUES = 16_384
"""Values and keys of one message, all levels together. An empty map costs one byte on the wire and sixty in
memory, so bytes alone bound nothing."""

MAX_ITEMS = 4_096
"""Entries of one array or map."""

MAX_NAME = 64
"""Characters of a name: control, layer, codec, command, error code."""

MAX_ID = 128
"""Characters of a session or room name."""

MAX_TEXT = 4_096
"""Characters of a sentence or a prompt."""

MAX_REASON = 256
"""Characters of a reason to leave."""

MAX_TOKEN = 4_096
"""Characters of a token. A signed one with a list of origins takes under a thousand."""

MAX_CONTROLS = 256
"""Controls in one input."""

MAX_KEYS = 32
"""Keys held at once: three hands' worth."""

MAX_CREDIT = 64
"""Frames in flight: beyond a second of them, a window hides a slow reader instead of showing it."""

MAX_TICKS = 1_000
"""Ticks that one lockstep input may ask for: longer, and nobody could tell work from a hang."""

MAX_START_FRAMES = 64
"""Pictures that a session may be started from."""

SCANNED_BYTES = 64 * 1024
"""Messages longer than this have their structure counted before they are unpacked."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A message is refused beyond this where the receiver has named no limit of its own. Raw 1080p RGBA with a
layer fits."""

LEAST_MAX_MESSAGE = 1_024
"""The smallest ``max_message`` a client may name: control replies must fit."""

MOST_MALFORMED = 8
"""Messages that may be malformed in one connection before it is closed: the eighth closes it."""

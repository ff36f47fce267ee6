#!/bin/sh
# The golden vectors in real Godot and, where a server is named, a session there. Prints one line of JSON.
#   sh engine_bridge/godot/conformance.sh protocol/vectors [ws://127.0.0.1:8765/play]
# Godot is $GODOT, godot4 or godot on PATH, or .cache/godot4/godot4 of the repository (see setup.sh).
set -eu
[ $# -ge 1 ] || { echo "usage: $0 VECTORS [URL]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
vectors=$(cd "$1" && pwd)
if [ -z "${GODOT:-}" ]; then
    for found in godot4 godot "$here/../../.cache/godot4/godot4"; do
        if command -v "$found" > /dev/null 2>&1; then GODOT=$found; break; fi
    done
fi
[ -n "${GODOT:-}" ] || { echo "Godot was not found: set GODOT, or run engine_bridge/godot/setup.sh .cache/godot4" >&2; exit 3; }
[ -f "$here/.godot/global_script_class_cache.cfg" ] || "$GODOT" --headless --path "$here" --import > /dev/null 2>&1
"$GODOT" --headless --path "$here" --script res://tests/conformance.gd -- --vectors "$vectors" ${2:+--url "$2"} |
    grep '^{'

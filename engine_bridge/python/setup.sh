#!/bin/sh
# Panda3D, ursina and Arcade for the tests, in an environment of their own on top of worldsdk's.
#
#   sh engine_bridge/python/setup.sh .cache/engines      afterwards the tests find .cache/engines/bin/python
#
# Apart, because Arcade holds Pillow at an older release than the rest is tested with. A game of one's own
# needs none of this: pip install 'worldsdk[arcade]' lets pip choose what fits together.
# WORLDSDK_PYTHON (default .venv/bin/python of the repository) is the Python that worldsdk is installed for.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
base=${WORLDSDK_PYTHON:-$here/../../.venv/bin/python}
"$base" -c 'import worldsdk' || { echo "$0: $base has no worldsdk: run make setup" >&2; exit 1; }
try='import arcade, panda3d, ursina, worldsdk'
if [ -x "$1/bin/python" ] && "$1/bin/python" -c "$try" > /dev/null 2>&1; then
    exit 0
fi
"$base" -m venv --clear "$1"
# What worldsdk was installed with comes after what is installed here: an engine's own choice wins.
"$base" -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
    > "$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/worldsdk.pth"
"$1/bin/python" -m pip install --disable-pip-version-check --quiet -r "$here/requirements.txt"
"$1/bin/python" -c "$try" > /dev/null

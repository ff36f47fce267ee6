#!/usr/bin/env bash
# Fills .venv with worldsdk and all that its commands and tests use. Installs nothing outside the folder.
# Runs again only after pyproject.toml or constraints.txt changed: the Makefile keeps the stamp.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv

fits='import sys; sys.exit(not (sys.version_info >= (3, 11)))'
python=""
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null && "$candidate" -c "$fits"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: no Python 3.11 or later found (looked for ${PYTHON:-python3, python3.13, python3.12, python3.11})." >&2
    echo "setup: on Debian or Ubuntu: sudo apt-get install python3 python3-venv python3-pip" >&2
    exit 2
fi
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "setup: making $venv with $("$python" --version)"
    if ! "$python" -m venv --clear "$venv"; then
        echo "setup: Python has no venv module; on Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi

# The default build of torch for Linux brings gigabytes of CUDA libraries. Without an NVIDIA driver they
# are of no use, so the CPU build is asked for, where its index can be reached.
index=()
cpu=https://download.pytorch.org/whl/cpu
reach="import urllib.request; urllib.request.urlopen('$cpu/torch/', timeout=4)"
if ! command -v nvidia-smi >/dev/null && "$venv/bin/python" -c "$reach" >/dev/null 2>&1; then
    index=(--extra-index-url "$cpu")
fi

install() { "$venv/bin/python" -m pip install --disable-pip-version-check --quiet "$@" -c constraints.txt -e '.[doom,gym,cars,rl,dev]'; }
echo "setup: installing into $venv (the first time this downloads about 500 MB)"
if [ ${#index[@]} -gt 0 ]; then
    install "${index[@]}" || install
else
    install
fi
# Compiled once here, a window opens at once later.
"$venv/bin/python" -c 'from worldsdk.pixels import warm_up; warm_up()'
echo "setup: done"

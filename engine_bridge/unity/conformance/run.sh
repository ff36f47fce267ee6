#!/bin/sh
# run.sh VECTORS [WS_URL]: compiles the core with mcs, runs it on Mono, prints one JSON line. BUILD: folder to keep it in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-}
if [ -z "$build" ]; then
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
fi
mcs -langversion:latest -warn:4 -warnaserror -out:"$build/conformance.exe" \
    "$here"/../com.worldsdk.client/Runtime/Core/*.cs "$here"/*.cs
mono "$build/conformance.exe" "$@"

#!/bin/sh
# run.sh VECTORS [WS_URL]: compiles the core and prints one JSON line. BUILD names a folder to keep the program in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-}
if [ -z "$build" ]; then
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
fi
"${CXX:-g++}" -std=c++17 -O0 -Wall -Wextra -Wshadow -Werror -fno-exceptions -fno-rtti -pthread ${CXXFLAGS:-} \
    -I"$here" -I"$here/../native/include" -I"$here/../WorldSDK/Source/WorldSDKCore/Public" \
    "$here/conformance.cpp" "$here/../native/src/worldsdk.cpp" -o "$build/conformance"
"$build/conformance" "$@"

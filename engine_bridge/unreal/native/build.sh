#!/bin/sh
# Builds libworldsdk.so: build.sh OUTPUT_FOLDER [compiler flags]. Needs a C++17 compiler (CXX, by default g++) only.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
mkdir -p "$out"
"${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra -Wshadow -Werror -fno-exceptions -fno-rtti -fvisibility=hidden \
    -shared -fPIC -pthread "$@" -I"$here/include" -I"$here/../WorldSDK/Source/WorldSDKCore/Public" \
    "$here/src/worldsdk.cpp" -o "$out/libworldsdk.so"

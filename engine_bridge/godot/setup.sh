#!/bin/sh
# Unpacks Debian's Godot 4, with the graphics drivers that render without a GPU, into a folder of its own.
# Nothing is installed on the system and root is not needed; Debian or Ubuntu on x86-64 with apt is.
#
#   sh engine_bridge/godot/setup.sh .cache/godot4      afterwards .cache/godot4/godot4 starts it
#
# An official build is preferred where there is one: put its path into $GODOT and leave this script alone.
# SUITE (default forky) and MIRROR (default: the machine's own) choose where packages come from.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
for tool in apt-get apt-config dpkg-deb sed; do
    command -v "$tool" > /dev/null || { echo "$0: $tool is missing: set GODOT to an official build instead" >&2; exit 1; }
done
mkdir -p "$1"
HOME_DIR=$(cd "$1" && pwd)
TREE=$HOME_DIR/root
if [ -x "$HOME_DIR/godot4" ] && "$HOME_DIR/godot4" --version 2> /dev/null; then
    exit 0
fi

suite=${SUITE:-forky}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -vi security | head -n 1)}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$mirror" ] || { echo "$0: no package source found: give one as MIRROR=https://..." >&2; exit 1; }
[ -f "$keyring" ] || { echo "$0: $keyring is missing: install debian-archive-keyring" >&2; exit 1; }

# apt works in directories of its own here. Its record of installed packages is empty, so that it fetches
# every library down to libc, of one release, and mixes none of them with the system's.
apt_home=$HOME_DIR/apt
rm -rf "$apt_home" "$TREE"
for folder in etc/apt/apt.conf.d etc/apt/preferences.d etc/apt/sources.list.d var/lib/dpkg \
    var/lib/apt/lists/partial var/cache/apt/archives/partial; do
    mkdir -p "$apt_home/$folder"
done
mkdir -p "$TREE"
: > "$apt_home/var/lib/dpkg/status"
cat > "$apt_home/etc/apt/sources.list.d/godot.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
SOURCES
cat > "$apt_home/apt.conf" <<CONF
Dir "$apt_home";
Dir::State::status "$apt_home/var/lib/dpkg/status";
APT::Architecture "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
CONF
# A mirror that is frozen at a date has indexes past their time. Where the machine's owner has allowed that, it
# is allowed here too; signatures are checked in any case.
apt-config dump | grep -E '^Acquire::Check-(Valid-Until|Date) ' >> "$apt_home/apt.conf" || true
export APT_CONFIG="$apt_home/apt.conf"

apt-get -qq update
apt-get -qq install -y --download-only \
    godot libgl1 libegl1 libgl1-mesa-dri libegl-mesa0 libglx-mesa0 mesa-vulkan-drivers \
    libxkbcommon0 libxkbcommon-x11-0 libxrender1 libwayland-cursor0 > /dev/null
for package in "$apt_home"/var/cache/apt/archives/*.deb; do
    dpkg-deb -x "$package" "$TREE"
done
rm -rf "$apt_home" "$TREE/usr/share/doc" "$TREE/usr/share/locale" "$TREE/usr/share/man"

libraries=$TREE/usr/lib/x86_64-linux-gnu
sed "s#\"library_path\": \"[^\"]*\"#\"library_path\": \"$libraries/libvulkan_lvp.so\"#" \
    "$TREE"/usr/share/vulkan/icd.d/lvp_icd*.json > "$HOME_DIR/lavapipe.json"
# The program is started by the loader it was built for, which finds that release's libraries and no others.
cat > "$HOME_DIR/godot4" <<LAUNCHER
#!/bin/sh
tree='$TREE'
lib='$libraries'
export LIBGL_DRIVERS_PATH="\$lib/dri" GBM_BACKENDS_PATH="\$lib/gbm"
export XKB_CONFIG_ROOT="\$tree/usr/share/X11/xkb"
export __EGL_VENDOR_LIBRARY_DIRS="\$tree/usr/share/glvnd/egl_vendor.d"
export VK_DRIVER_FILES='$HOME_DIR/lavapipe.json'
exec "\$lib/ld-linux-x86-64.so.2" --library-path "\$lib:\$lib/pulseaudio:\$lib/blas:\$lib/lapack" \\
    "\$tree/usr/bin/godot" "\$@"
LAUNCHER
chmod +x "$HOME_DIR/godot4"
"$HOME_DIR/godot4" --version

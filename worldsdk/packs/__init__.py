"""World packs: what a user installs, ships and shares. Importing this room does not import torch."""

from worldsdk.packs.manifest import Display, FileEntry, Manifest
from worldsdk.packs.pack import Pack, default_world, list_bundled, open_pack
from worldsdk.packs.save import save_pack

__all__ = [
    "Display",
    "FileEntry",
    "Manifest",
    "Pack",
    "default_world",
    "list_bundled",
    "open_pack",
    "save_pack",
]

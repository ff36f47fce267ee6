"""``worldsdk worlds``: what is bundled, and what one world says about itself."""

from __future__ import annotations

import argparse
import json
from typing import Any

from worldsdk.controls import Control
from worldsdk.errors import WorldSDKError
from worldsdk.packs import Manifest, Pack, list_bundled, open_pack

NAME = "worlds"
HELP = "list the bundled worlds, or show one"
DESCRIPTION = """\
  worldsdk worlds               the bundled worlds
  worldsdk worlds doom-field    its controls, licence, provenance and fidelity card
  worldsdk worlds ./my-world    the same of any pack folder, every file of it checked
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("world", nargs="?", help="a bundled world, or the folder of a pack")
    parser.add_argument("--json", action="store_true", help="print JSON instead")


def run(args: argparse.Namespace) -> int:
    if args.world is not None:
        return _show(open_pack(args.world), args.json)
    packs = [open_pack(name) for name in list_bundled()]
    if args.json:
        print(json.dumps([{**pack.manifest.to_json(), "digest": pack.manifest.digest} for pack in packs]))
        return 0
    if not packs:
        print("no worlds are bundled; 'worldsdk train' makes one, and any command takes a pack folder")
    for pack in packs:
        manifest = pack.manifest
        print(f"{manifest.name:<14} {manifest.title}")
        print(f"{'':<14} {_size(manifest)}, {manifest.rate_hz:g} Hz, {', '.join(manifest.controls.names)}")
    return 0


def _show(pack: Pack, as_json: bool) -> int:
    manifest = pack.manifest
    try:
        pack.verify()
        verdict = "intact"
    except WorldSDKError as error:
        verdict = str(error)
    code = 0 if verdict == "intact" else 1
    if as_json:
        print(json.dumps({**manifest.to_json(), "digest": manifest.digest, "verdict": verdict}))
        return code
    print(f"{manifest.title} ({manifest.name} {manifest.version})")
    if manifest.summary:
        print(manifest.summary)
    print()
    for label, text in {
        "rate": f"{manifest.rate_hz:g} Hz, {manifest.default_steps} denoising steps, idle: {manifest.idle}",
        "family": manifest.family,
        "size": _size(manifest),
        "licence": manifest.licence,
        "notices": ", ".join(manifest.notices) or "none",
        "files": verdict,
        "digest": manifest.digest,
    }.items():
        print(f"{label:<9} {text}")
    print("\ncontrols")
    for control in manifest.controls:
        print(f"  {control.name:<14} {_range(control)}  {control.help}".rstrip())
    _print_tree("provenance", manifest.provenance)
    if code == 0 and "card.md" in manifest.files:
        print("\n" + pack.read("card.md").decode("utf-8", "replace").strip())
    return code


def _print_tree(title: str, data: Any) -> None:
    if data:
        print(f"\n{title}")
        for line in json.dumps(data, indent=2, ensure_ascii=False).splitlines()[1:-1]:
            print(line)


def _size(manifest: Manifest) -> str:
    return f"{sum(entry.size for entry in manifest.files.values()) / 1e6:.1f} MB"


def _range(control: Control) -> str:
    keys = ", ".join(control.keys)
    if control.kind == "button":
        text = "button"
    elif control.values is not None:
        text = f"one of {', '.join(f'{value:g}' for value in control.values)} {control.unit}".rstrip()
    else:
        text = f"{control.low:g} to {control.high:g} {control.unit}".rstrip()
    return f"{text:<28} {keys}".rstrip()

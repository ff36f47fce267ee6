"""Writes the .meta of every file and folder of the package that has none yet; those that exist keep their GUID.

Unity ignores files without one in a package that it cannot write to. Run after adding a file: python make_meta.py
"""

from __future__ import annotations

import uuid
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "com.worldsdk.client"
IMPORTERS = {
    ".cs": "MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n"
    "  executionOrder: 0\n  icon: {instanceID: 0}\n",
    ".asmdef": "AssemblyDefinitionImporter:\n  externalObjects: {}\n",
    ".shader": "ShaderImporter:\n  externalObjects: {}\n  defaultTextures: []\n  nonModifiableTextures: []\n",
    ".jslib": "PluginImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  isPreloaded: 0\n"
    "  platformData:\n  - first:\n      Any:\n    second:\n      enabled: 0\n      settings: {}\n"
    "  - first:\n      WebGL: WebGL\n    second:\n      enabled: 1\n      settings: {}\n",
    ".md": "TextScriptImporter:\n  externalObjects: {}\n",
}
TAIL = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"


def imported(path: Path) -> bool:
    """Whether Unity looks at it: not hidden, not below a folder whose name ends in ``~``."""
    parts = path.relative_to(PACKAGE).parts
    return not any(part.startswith(".") or part.endswith("~") for part in parts) and path.suffix != ".meta"


def text_of(path: Path, guid: str) -> str:
    head = f"fileFormatVersion: 2\nguid: {guid}\n"
    if path.is_dir():
        return f"{head}folderAsset: yes\nDefaultImporter:\n  externalObjects: {{}}\n{TAIL}"
    if path.name == "package.json":
        return f"{head}PackageManifestImporter:\n  externalObjects: {{}}\n{TAIL}"
    return f"{head}{IMPORTERS[path.suffix]}{TAIL}"


if __name__ == "__main__":
    for path in sorted(PACKAGE.rglob("*")):
        meta = path.with_name(f"{path.name}.meta")
        if imported(path) and not meta.exists():
            meta.write_text(text_of(path, uuid.uuid4().hex), encoding="utf-8")
            print(f"wrote {meta.relative_to(PACKAGE)}")

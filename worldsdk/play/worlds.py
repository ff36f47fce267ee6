"""Which world to open where none was named."""

from __future__ import annotations

from worldsdk.errors import PackNotFoundError
from worldsdk.packs import list_bundled


def choose_world(name: str | None) -> str:
    """``name``, or the first bundled world.

    Raises:
        PackNotFoundError: none was named and none is bundled.
    """
    if name is not None:
        return name
    bundled = list_bundled()
    if not bundled:
        raise PackNotFoundError("no world is bundled here", fix="give the folder of a world pack")
    return bundled[0]

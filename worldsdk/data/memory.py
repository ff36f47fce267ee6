"""Whether a dataset's layers have what a model must be reminded of when it starts."""

from __future__ import annotations

from collections.abc import Mapping

from worldsdk.errors import DatasetError

Shape = tuple[int, ...]


def check_memory(wanted: Mapping[str, Shape], layers: Mapping[str, Shape], where: str) -> None:
    """Compares what a model needs with what was recorded.

    Args:
        wanted: ``ModelSpec.memory``: name -> shape of one frame's entry.
        layers: the same of the layers that there are.
        where: named in the error.

    Raises:
        DatasetError: layers are missing, or one has another shape.
    """
    missing = sorted(set(wanted) - set(layers))
    if missing:
        raise DatasetError(
            f"has no layers {missing}, and the model starts from them",
            where=where,
            fix=f"record it again with this version: it has {sorted(layers)}",
        )
    for name, shape in wanted.items():
        if tuple(layers[name]) != tuple(shape):
            raise DatasetError(
                f"layer {name!r} has {tuple(layers[name])} a frame",
                where=where,
                fix=f"the model starts from {tuple(shape)}: record it again with this version",
            )

"""How many bytes a model and a session's memory hold: counted, not read off the process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn

from worldsdk.models.interface import State


def model_bytes(model: nn.Module) -> int:
    """Bytes of all tensors and arrays that can be reached from ``model``; what is shared counts once.

    A model that is ready to play keeps its weights in other places than parameters: in lists, in plain
    objects, in the order of a library's kernels.
    """
    sizes: dict[tuple[str, int], int] = {}
    for found in _tensors(model):
        if isinstance(found, np.ndarray):
            while isinstance(found.base, np.ndarray):
                found = found.base
            if not isinstance(found.base, Tensor):
                sizes["cpu", found.__array_interface__["data"][0]] = found.nbytes
                continue
            # An array that a tensor was made into.
            found = found.base
        if found.is_mkldnn:
            sizes["opaque", id(found)] = found.numel() * found.element_size()
        elif not found.is_meta:
            storage = found.untyped_storage()
            sizes[str(found.device), storage.data_ptr()] = storage.nbytes()
    return sum(sizes.values())


def state_bytes(state: State) -> int:
    """Bytes of a session's memory; of a tensor that stands under several names, each time."""
    return sum(tensor.numel() * tensor.element_size() for tensor in state.values())


def _tensors(root: object) -> Iterator[Tensor | np.ndarray[Any, Any]]:
    seen: set[int] = set()
    waiting: list[object] = [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (Tensor, np.ndarray)):
            yield thing
        elif isinstance(thing, Mapping):
            waiting.extend(thing.values())
        elif isinstance(thing, (list, tuple, set)):
            waiting.extend(thing)
        elif type(thing).__module__.partition(".")[0] not in ("builtins", "torch", "numpy", "numba"):
            waiting.extend(getattr(thing, "__dict__", {}).values())
        elif isinstance(thing, nn.Module):
            waiting.extend(vars(thing).values())

"""A pack's model with the weights of its groups left on disk."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from worldsdk.errors import PackError
from worldsdk.models.interface import WorldModel
from worldsdk.models.registry import build_model
from worldsdk.models.streaming import Held, Pool, Source, stream
from worldsdk.packs.manifest import WEIGHTS_NAME
from worldsdk.packs.pack import Pack
from worldsdk.packs.tensors import check_finite, check_names
from worldsdk.packs.weights_file import WeightsFile


class Unfilled(TorchFunctionMode):
    """Layers are built without memory for their weights: ``torch.empty`` gives tensors of the meta device."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        if func is torch.empty:
            given["device"] = "meta"
        return func(*args, **given)


def load_lazily(pack: Pack, device: torch.device) -> tuple[WorldModel, Pool | None]:
    """The model as ``Pack.load_model`` gives it, but for the weights of its groups, which are fetched when
    they are needed; and what fetches them, None where the family has no groups.

    Raises:
        PackError, PackChecksumError: as ``Pack.load_model``.
    """
    weights = WeightsFile(pack)
    with torch.random.fork_rng(devices=[]), Unfilled():
        model = build_model(pack.manifest.family, pack.manifest.config)
    pack.check_spec(model.spec)
    _check(model, weights)
    groups = model.groups()
    # A GPU's weights are on their way while it works, which takes memory that stays where it is.
    source: Source = Held(weights, pin=True) if device.type == "cuda" else weights
    pool = Pool(source, device) if groups else None
    if pool is not None:
        stream(model, groups, pool)
    for name, tensor in list(model.state_dict(keep_vars=True).items()):
        here = torch.empty_like(tensor, device="cpu", requires_grad=False)
        weights.read(name, here)
        _put(model, name, here)
    return model.eval().requires_grad_(False), pool


def _check(model: WorldModel, weights: WeightsFile) -> None:
    """As ``tensors.load_weights`` checks, one tensor at a time."""
    wanted: dict[str, Tensor] = model.state_dict()
    check_names(wanted, weights.places)
    for name, target in wanted.items():
        place = weights.places[name]
        same_kind = place.dtype.is_floating_point and target.is_floating_point()
        if place.shape != tuple(target.shape) or (place.dtype != target.dtype and not same_kind):
            raise PackError(
                f"tensor {name!r} is {place.dtype} {place.shape}",
                where=WEIGHTS_NAME,
                fix=f"the model needs {target.dtype} {tuple(target.shape)}",
            )
        here = torch.empty(place.shape, dtype=place.dtype)
        weights.read(name, here)
        check_finite({name: here}, WEIGHTS_NAME)


def _put(model: nn.Module, name: str, tensor: Tensor) -> None:
    home, _, last = name.rpartition(".")
    module = model.get_submodule(home)
    if last in dict(module.named_parameters(recurse=False)):
        tensor = nn.Parameter(tensor, requires_grad=False)
    setattr(module, last, tensor)

"""The tensors of a pack: weights into a model, start contexts out of a file. safetensors only."""

from __future__ import annotations

from collections.abc import Collection

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save as dump_safetensors
from torch import Tensor

from worldsdk.errors import PackError
from worldsdk.models.interface import Context, ModelSpec, WorldModel
from worldsdk.packs.manifest import STARTS_NAME, WEIGHTS_NAME

CONTEXT_NAMES = ("pixels", "controls", "variables")
MEMORY = "memory."
"""Before the names of what else the model starts from."""


def dump(tensors: dict[str, Tensor]) -> bytes:
    """The tensors as safetensors bytes, in the dtypes given."""
    # A copy of each: safetensors refuses tensors that share memory, as tied weights do.
    return dump_safetensors({name: t.detach().cpu().clone().contiguous() for name, t in tensors.items()})


def parse(content: bytes, where: str) -> dict[str, Tensor]:
    """Raises PackError where ``content`` is not a safetensors file."""
    try:
        return parse_safetensors(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise PackError(f"is not a safetensors file ({error})", where=where) from error


def check_finite(tensors: dict[str, Tensor], where: str) -> None:
    """Raises PackError naming the first tensor that holds NaN or infinity."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise PackError(
                f"tensor {name!r} holds NaN or infinity", where=where, fix="train or export the pack again"
            )


def check_names(wanted: Collection[str], given: Collection[str]) -> None:
    """Raises PackError where the tensors of a file are not those that the model has."""
    missing, unknown = sorted(set(wanted) - set(given)), sorted(set(given) - set(wanted))
    if missing or unknown:
        raise PackError(
            f"weights do not fit the model: missing {missing[:5]}, unknown {unknown[:5]}",
            where=WEIGHTS_NAME,
            fix="the manifest's family and config must be those that the weights were trained with",
        )


def load_weights(model: WorldModel, weights: dict[str, Tensor]) -> None:
    """Copies ``weights`` into ``model``, each into the dtype that the model has for it.

    Raises:
        PackError: a missing or unknown name, another shape, an integer where a float belongs (or the
            other way round), NaN or infinity.
    """
    wanted = model.state_dict()
    check_names(wanted, weights)
    for name, tensor in weights.items():
        target = wanted[name]
        if tensor.shape != target.shape:
            raise PackError(
                f"tensor {name!r} has shape {tuple(tensor.shape)}",
                where=WEIGHTS_NAME,
                fix=f"the model needs {tuple(target.shape)}",
            )
        same_kind = tensor.is_floating_point() and target.is_floating_point()
        if not same_kind and tensor.dtype != target.dtype:
            raise PackError(
                f"tensor {name!r} is {tensor.dtype}",
                where=WEIGHTS_NAME,
                fix=f"the model needs {target.dtype}",
            )
    check_finite(weights, WEIGHTS_NAME)
    with torch.no_grad():
        for name, tensor in weights.items():
            wanted[name].copy_(tensor)


def context_tensors(context: Context) -> dict[str, Tensor]:
    """What ``read_context`` reads: tensor name -> tensor."""
    plain = {name: getattr(context, name) for name in CONTEXT_NAMES}
    return plain | {f"{MEMORY}{name}": tensor for name, tensor in context.memory.items()}


def read_context(tensors: dict[str, Tensor]) -> Context:
    """The start contexts in a pack's tensors.

    Raises:
        PackError: a missing or unknown tensor, a wrong dtype or number of dimensions, sizes that
            disagree, no start at all, NaN or infinity.
    """
    memory = {
        name.removeprefix(MEMORY): tensor
        for name, tensor in tensors.items()
        if name.startswith(MEMORY) and name != MEMORY
    }
    if len(tensors) - len(memory) != len(CONTEXT_NAMES) or not set(CONTEXT_NAMES) <= set(tensors):
        raise PackError(
            f"holds {sorted(tensors)}",
            where=STARTS_NAME,
            fix=f"it must hold exactly {list(CONTEXT_NAMES)}, and {MEMORY}NAME of what the model remembers",
        )
    context = Context(tensors["pixels"], tensors["controls"], tensors["variables"], memory)
    check_context(context)
    return context


def check_context(context: Context, spec: ModelSpec | None = None) -> None:
    """Raises PackError where ``context`` contradicts itself, or ``spec`` where one is given."""
    pixels, controls, variables = context.pixels, context.controls, context.variables
    if pixels.dtype != torch.uint8 or pixels.ndim != 5 or pixels.shape[-1] != 3 or not pixels.shape[0]:
        raise PackError(
            f"pixels are {pixels.dtype} {tuple(pixels.shape)}",
            where=STARTS_NAME,
            fix="give uint8 [starts, history, height, width, 3] with at least one start",
        )
    for name, tensor in (("controls", controls), ("variables", variables)):
        if tensor.dtype != torch.float32 or tensor.ndim != 3 or tensor.shape[:2] != pixels.shape[:2]:
            raise PackError(
                f"{name} are {tensor.dtype} {tuple(tensor.shape)}",
                where=STARTS_NAME,
                fix=f"give float32 [{pixels.shape[0]}, {pixels.shape[1]}, ...]",
            )
    for name, tensor in context.memory.items():
        if tensor.dtype != torch.float32 or tensor.shape[:2] != pixels.shape[:2]:
            raise PackError(
                f"memory {name!r} is {tensor.dtype} {tuple(tensor.shape)}",
                where=STARTS_NAME,
                fix=f"give float32 [{pixels.shape[0]}, {pixels.shape[1]}, ...]",
            )
    floats = {name: tensor for name, tensor in context_tensors(context).items() if name != "pixels"}
    check_finite(floats, STARTS_NAME)
    if spec is None:
        return
    found = (*pixels.shape[1:4], controls.shape[2], variables.shape[2])
    sizes = {(spec.height // by, spec.width // by) for by in (1, spec.enlarges)}
    wanted, *others = [(spec.history, *size, spec.controls, len(spec.variables)) for size in sorted(sizes)]
    if found != wanted and found not in others:
        raise PackError(
            f"starts have (history, height, width, controls, variables) = {found}",
            where=STARTS_NAME,
            fix=f"the model needs {wanted}",
        )
    _check_memory(context, spec)


def _check_memory(context: Context, spec: ModelSpec) -> None:
    missing = sorted(set(spec.memory) - set(context.memory))
    unknown = sorted(set(context.memory) - set(spec.memory))
    if missing or unknown:
        raise PackError(
            f"starts lack the memory {missing}" if missing else f"starts have the memory {unknown}",
            where=STARTS_NAME,
            fix=f"the model needs {sorted(spec.memory)}" if spec.memory else "the model needs none",
        )
    for name, shape in spec.memory.items():
        found = tuple(context.memory[name].shape[2:])
        if found != tuple(shape):
            raise PackError(
                f"memory {name!r} has {found} a frame",
                where=STARTS_NAME,
                fix=f"the model needs {tuple(shape)}",
            )

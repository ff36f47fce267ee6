"""A session as bytes: versioned, checksummed, tied to its pack, and never unpickled.

Layout: 8 bytes of magic, version as unsigned 16-bit little-endian, SHA-256 of all that follows, then a
safetensors body whose tensors are the state and the last frame, and whose metadata holds one JSON text.
The checksum guards against damage, not against forgery: what a body claims is checked all the same.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from worldsdk.controls import ControlSpec
from worldsdk.errors import (
    ControlError,
    SnapshotChecksumError,
    SnapshotError,
    SnapshotVersionError,
    SnapshotWorldError,
)
from worldsdk.frame import Frame, Timing
from worldsdk.models.interface import State

MAGIC = b"WSDKSNAP"
VERSION = 1

_VERSION = struct.Struct("<H")
_HEAD = len(MAGIC) + _VERSION.size + hashlib.sha256().digest_size
_META = "session"


@dataclass(frozen=True)
class Snapshot:
    """What a snapshot holds.

    Attributes:
        pack: digest of the pack that the session ran on.
        seed, start, steps: as ``Session`` has them; the tick is the frame's.
        given: state variables set and not yet applied.
        frame: the latest one (its timing is not kept).
        state: the model's memory, a batch of one.
    """

    pack: str
    seed: int
    start: int | None
    steps: int
    frame: Frame
    state: State
    given: Mapping[str, float] = field(default_factory=dict)


def dump(taken: Snapshot) -> bytes:
    """The snapshot as bytes; equal sessions give equal bytes."""
    frame = taken.frame
    tensors = {f"state.{name}": tensor.cpu().clone().contiguous() for name, tensor in taken.state.items()}
    # torch cannot borrow a read-only array, which is what frames hold.
    tensors["frame.pixels"] = torch.tensor(frame.pixels)
    for name, layer in frame.layers.items():
        tensors[f"layer.{name}"] = torch.tensor(layer)
    meta = {
        "pack": taken.pack,
        "seed": taken.seed,
        "start": taken.start,
        "steps": taken.steps,
        "given": dict(taken.given),
        "tick": frame.tick,
        "controls": dict(frame.controls),
        "variables": dict(frame.state),
        "reward": frame.reward,
        "ended": frame.ended,
        "rung": frame.timing.rung,
        # Kernels differ with the memory layout, so bit-exact continuation needs it back as it was.
        "strides": {name: _strides(tensor) for name, tensor in taken.state.items()},
    }
    body = save(tensors, metadata={_META: json.dumps(meta, sort_keys=True)})
    return MAGIC + _VERSION.pack(VERSION) + hashlib.sha256(body).digest() + body


def parse(blob: bytes, pack: str, controls: ControlSpec, template: State) -> Snapshot:
    """Reads a snapshot for one world.

    Args:
        pack: digest of that world's pack. controls: its spec.
        template: any state of that world on its device: names, shapes and dtypes to hold a snapshot to.

    Raises:
        SnapshotError: not a snapshot at all, or one whose content does not fit the world.
        SnapshotVersionError: of another format version.
        SnapshotChecksumError: altered or cut short.
        SnapshotWorldError: of another pack.
    """
    body = _checked_body(blob)
    try:
        tensors = load(body)
        header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
        meta = json.loads(header["__metadata__"][_META])
        if meta["pack"] != pack:
            raise SnapshotWorldError(
                f"the snapshot was taken in the pack {str(meta['pack'])[:12]}...",
                fix=f"restore it there; this is {pack[:12]}...",
            )
        return Snapshot(
            pack=pack,
            seed=int(meta["seed"]),
            start=None if meta["start"] is None else int(meta["start"]),
            steps=int(meta["steps"]),
            frame=_frame(meta, tensors, controls),
            state=_state(tensors, meta["strides"], template),
            given={str(name): float(value) for name, value in meta["given"].items()},
        )
    except (SafetensorError, ControlError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"the snapshot's content is malformed ({error})") from error


def _checked_body(blob: bytes) -> bytes:
    if not isinstance(blob, (bytes, bytearray, memoryview)):
        raise SnapshotError(f"a snapshot is bytes, not {type(blob).__name__}")
    blob = bytes(blob)
    if not blob.startswith(MAGIC):
        raise SnapshotError("these bytes are not a snapshot", fix="give what Session.snapshot() returned")
    if len(blob) <= _HEAD:
        raise SnapshotChecksumError(f"the snapshot ends after {len(blob)} bytes", fix="it was cut short")
    (version,) = _VERSION.unpack_from(blob, len(MAGIC))
    if version != VERSION:
        raise SnapshotVersionError(
            f"the snapshot has format version {version}", fix=f"this build reads version {VERSION}"
        )
    body = blob[_HEAD:]
    if hashlib.sha256(body).digest() != blob[len(MAGIC) + _VERSION.size : _HEAD]:
        raise SnapshotChecksumError(
            "the snapshot's bytes were altered or cut short", fix="use an intact copy"
        )
    return body


def _frame(meta: Mapping[str, Any], tensors: Mapping[str, Tensor], controls: ControlSpec) -> Frame:
    pixels = tensors["frame.pixels"]
    if pixels.dtype != torch.uint8 or pixels.ndim != 3:
        raise SnapshotError(f"the snapshot's frame is {pixels.dtype} {tuple(pixels.shape)}")
    if not 0 <= int(meta["tick"]) < 1 << 63:
        raise SnapshotError(f"the snapshot's tick is {meta['tick']}")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items() if not name.startswith("state.")}
    for array in arrays.values():
        array.flags.writeable = False
    return Frame(
        pixels=arrays["frame.pixels"],
        layers={n.removeprefix("layer."): array for n, array in arrays.items() if n.startswith("layer.")},
        state={str(name): float(value) for name, value in meta["variables"].items()},
        reward=float(meta["reward"]),
        ended=bool(meta["ended"]),
        tick=int(meta["tick"]),
        controls=controls.parse(meta["controls"]),
        timing=Timing(rung=str(meta["rung"])),
    )


def _state(tensors: Mapping[str, Tensor], strides: Mapping[str, Any], template: State) -> State:
    state = {n.removeprefix("state."): t for n, t in tensors.items() if n.startswith("state.")}
    if set(state) != set(template):
        raise SnapshotError(f"the snapshot remembers {sorted(state)}", fix=f"here it is {sorted(template)}")
    laid_out = {}
    for name, tensor in state.items():
        wanted = template[name]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise SnapshotError(
                f"the snapshot's {name!r} is {tensor.dtype} {tuple(tensor.shape)}",
                fix=f"this world, on this device, needs {wanted.dtype} {tuple(wanted.shape)}",
            )
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise SnapshotError(f"the snapshot's {name!r} holds NaN or infinity")
        stride = [int(step) for step in strides[name]]
        if len(stride) != tensor.ndim or min(stride, default=1) < 0 or not _dense(tensor.shape, stride):
            raise SnapshotError(f"the snapshot's {name!r} has impossible strides {stride}")
        target = torch.empty_strided(tensor.shape, stride, dtype=tensor.dtype, device=wanted.device)
        laid_out[name] = target.copy_(tensor)
    return laid_out


def _strides(tensor: Tensor) -> list[int]:
    stride = list(tensor.stride())
    return stride if _dense(tensor.shape, stride) else list(tensor.contiguous().stride())


def _dense(shape: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether elements of that layout fill their memory without gap or overlap."""
    expected = 1
    for step, size in sorted((step, size) for step, size in zip(stride, shape, strict=True) if size != 1):
        if step != expected:
            return False
        expected *= size
    return True

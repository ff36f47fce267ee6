"""What sessions can be asked for, as commands: arguments are checked here before anything is sent."""

from __future__ import annotations

import io
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from worldsdk.client.description import Description, RemoteSpec
from worldsdk.client.dialogue import Asked, Dialogue
from worldsdk.errors import (
    ConnectionFailedError,
    MissingExtraError,
    NotCapableError,
    SessionError,
    VariableError,
)
from worldsdk.protocol.limits import MAX_INTEGER, MAX_TICKS

NEAR_TICKS = 8
"""In real time the world goes on after a jump: a frame up to so many ticks after it is one of there."""

_CAPABILITIES = {
    "snapshot": "snapshot",
    "restore": "snapshot",
    "fork": "fork",
    "rewind": "rewind",
    "observe": "observe",
    "state": "state",
    "record": "record",
    "reset": "reset",
    "start": "start",
    "speed": "speed",
    "quality": "quality",
    "prompt": "prompt",
    "anchor": "anchor",
}


def require(description: Description | None, name: str) -> None:
    """Raises NotCapableError where the server has no such command for this session."""
    needed = _CAPABILITIES.get(name)
    if description is not None and needed is not None and needed not in description.capabilities:
        raise NotCapableError(
            f"this server cannot {name}",
            where=description.title,
            fix=f"it can {', '.join(sorted(description.capabilities)) or 'only step'}",
        )


def whole(value: Any, name: str, least: int = 0, most: int = MAX_INTEGER) -> int:
    """``value`` as int. Raises SessionError outside ``least`` to ``most``."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise SessionError(f"{name} is {value!r}", fix="give a whole number") from error
    if not least <= number <= most:
        raise SessionError(f"{name} is {number}", fix=f"give {least} to {most}")
    return number


def step_ticks(ticks: int) -> int:
    """Ticks of one step. Raises SessionError outside what the wire allows."""
    return whole(ticks, "ticks", 1, MAX_TICKS)


def start_args(
    description: Description, seed: int, start: int, frames: ArrayLike | None = None
) -> dict[str, Any]:
    """Of ``start``. frames: uint8 [n, H, W, 3], oldest first; one picture stands for all of history."""
    args: dict[str, Any] = {"seed": whole(seed, "seed")}
    if frames is None:
        args["start"] = whole(start, "start", 0, max(0, description.starts - 1))
        return args
    pictures = np.asarray(frames)
    shape = (description.spec.height, description.spec.width, 3)
    if pictures.shape == shape:
        pictures = pictures[None]
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != shape or not len(pictures):
        raise SessionError(f"frames are {pictures.dtype} {pictures.shape}", fix=f"give uint8 (n, *{shape})")
    encoded = [png(picture) for picture in pictures]
    return args | ({"image": encoded[0]} if len(encoded) == 1 else {"frames": encoded})


def reset_args(description: Description, seed: int | None, start: int | None) -> dict[str, Any]:
    """Of ``reset``; None keeps the session's own."""
    args = {}
    if seed is not None:
        args["seed"] = whole(seed, "seed")
    if start is not None:
        args["start"] = whole(start, "start", 0, max(0, description.starts - 1))
    return args


def observe_args(
    description: Description, pixels: Any, controls: Mapping[str, float] | None
) -> dict[str, Any]:
    """Of ``observe``; pixels: uint8 [H, W, 3] in the world's own size."""
    picture = check_picture(description.spec, pixels)
    held = {name: value for name, value in description.controls.parse(controls).items() if value}
    return {"pixels": picture.tobytes(), "controls": held}


def state_args(description: Description, values: Mapping[str, float]) -> dict[str, Any]:
    """Of ``state``. Raises VariableError for a name that cannot be set and for what is no number; ranges are
    the server's to check."""
    settable = [variable.name for variable in description.spec.variables if variable.settable]
    checked = {}
    for name, value in values.items():
        if name not in settable:
            raise VariableError(
                f"{name!r} cannot be set here", where=description.name, fix=f"settable are {settable}"
            )
        number = float(value) if isinstance(value, (int, float, np.number)) else math.nan
        if not math.isfinite(number):
            raise VariableError(f"{name} is {value!r}", fix="give a finite number")
        checked[name] = number
    return {"values": checked}


def restore_args(description: Description, snapshot: Any) -> dict[str, Any]:
    """Of ``restore``. Raises SessionError where the server does not take messages of that size."""
    blob = bytes(snapshot)
    most = int(description.limits.get("max_message", 0))
    if most and len(blob) + 256 > most:
        raise SessionError(f"the snapshot has {len(blob)} bytes", fix=f"this server takes up to {most - 256}")
    return {"snapshot": blob}


def speed_args(factor: float) -> dict[str, Any]:
    """Of ``speed``."""
    if not 0.1 <= factor <= 4.0:
        raise SessionError(f"the speed is {factor}", fix="give 0.1 to 4 times the world's own")
    return {"factor": float(factor)}


def quality_args(
    steps: int | None, codec: str | None, jpeg_quality: int | None, hash: bool | None
) -> dict[str, Any]:
    """Of ``quality``; what is None stays as it is."""
    wanted = {"steps": steps, "codec": codec, "jpeg_quality": jpeg_quality, "hash": hash}
    return {name: value for name, value in wanted.items() if value is not None}


def check_picture(spec: RemoteSpec, pixels: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Raises SessionError unless uint8 [H, W, 3] in the world's size."""
    picture = np.asarray(pixels)
    shape = (spec.height, spec.width, 3)
    if picture.dtype != np.uint8 or picture.shape != shape:
        raise SessionError(f"pixels are {picture.dtype} {picture.shape}", fix=f"give uint8 {shape}")
    return picture


def png(pixels: Any) -> bytes:
    """uint8 [H, W, 3] as a PNG file."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError("sending pictures needs Pillow", fix="pip install pillow") from error
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(content, "PNG")
    return content.getvalue()


class Jump:
    """A command that moves the session in time: done when it is answered, and a frame of there has come.

    The frame of the new present follows the answer. One that comes before it is of another time, however like
    it looks: a server greets each connection with a frame, which may be on its way still when the first
    command leaves, and have the same tick.
    """

    def __init__(self, dialogue: Dialogue, asked: Asked) -> None:
        self._dialogue = dialogue
        self.asked = asked

    def done(self) -> bool:
        if self.asked.error is not None:
            return True
        frame = self._dialogue.frame
        if frame is None or not self.asked.answered or self._dialogue.frames == self.asked.frames:
            return False
        tick = self.asked.tick or 0
        if self._dialogue.wishes.mode == "lockstep":
            return frame.tick == tick
        return tick <= frame.tick <= tick + NEAR_TICKS


class Awaited:
    """An input whose frame is waited for.

    Args:
        seq: number of the input.
    """

    def __init__(self, dialogue: Dialogue, seq: int) -> None:
        self._dialogue = dialogue
        self._seq = seq

    def done(self) -> bool:
        dialogue = self._dialogue
        if dialogue.trouble is not None:
            return True
        # After a resume the newest input was said again, under a number that may be lower.
        wanted = min(self._seq, dialogue.seq)
        return dialogue.applied >= wanted

    def check(self) -> None:
        """Raises the error with which the server refused an input, if it did; it is then forgotten."""
        trouble, self._dialogue.trouble = self._dialogue.trouble, None
        if trouble is not None:
            raise trouble


def answer(asked: Asked) -> Mapping[str, Any]:
    """What the server said to an answered command. Raises its error."""
    if asked.error is not None:
        raise asked.error
    assert asked.result is not None
    return asked.result


def bytes_of(result: Mapping[str, Any], name: str) -> bytes:
    """Bytes that a result must hold. Raises ConnectionFailedError where it does not."""
    value = result.get(name)
    if not isinstance(value, bytes):
        raise ConnectionFailedError(f"the server's answer has no {name!r}", fix="update the older side")
    return value


def text_of(result: Mapping[str, Any], name: str) -> str:
    """A string that a result must hold. Raises ConnectionFailedError where it does not."""
    value = result.get(name)
    if not isinstance(value, str) or not value:
        raise ConnectionFailedError(f"the server's answer has no {name!r}", fix="update the older side")
    return value

"""The hooks of a server that nobody guards, measures or saves: what runs on loopback and in tests."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from worldsdk.server.hooks import (
    Denied,
    Grant,
    HttpReply,
    Meter,
    Outcome,
    RefusedError,
    SavedSession,
    Status,
)

if TYPE_CHECKING:
    from worldsdk.protocol.messages import Hello

MOST_PIXELS = 16_000_000
"""Of an uploaded picture: beyond any screen, and 48 MB once decoded."""


class Unmetered:
    """A ``Meter`` that always agrees."""

    def count(self, kind: str, size: int) -> bool:
        return True


class OpenDoor:
    """An ``Authority`` that lets everybody in, as anything."""

    def check_request(self, address: str, path: str, headers: Mapping[str, str]) -> Denied | None:
        return None

    async def admit(self, address: str, headers: Mapping[str, str], hello: Hello) -> Grant:
        return Grant()

    def give_back(self, grant: Grant) -> None:
        pass

    def connected(self, address: str) -> None:
        pass

    def disconnected(self, address: str) -> None:
        pass

    def meter(self, grant: Grant, rate_hz: float) -> Meter:
        return Unmetered()


class PlainImages:
    """An ``ImageReader`` that checks the size that the header tells before anything is decoded."""

    async def read(self, data: bytes, width: int, height: int) -> NDArray[np.uint8]:
        return await asyncio.to_thread(_decode, data, width, height)


def _decode(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise RefusedError(
                    "image_invalid",
                    f"the picture has {image.width} x {image.height} pixels",
                    fix=f"send at most {MOST_PIXELS}",
                )
            return np.asarray(ImageOps.fit(image.convert("RGB"), (width, height)), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RefusedError(
            "image_invalid", "the picture cannot be read", fix="send a PNG, JPEG or WebP"
        ) from error


class NoMetrics:
    """``Metrics`` that nobody reads."""

    def tick(self, stages: Mapping[str, float], total_ms: float, *, met: bool) -> None:
        pass

    def frame(self, outcome: Outcome, codec: str, size: int) -> None:
        pass

    def encoded(self, codec: str, seconds: float) -> None:
        pass

    def input_to_send(self, seconds: float) -> None:
        pass

    def action_to_photon(self, seconds: float) -> None:
        pass

    def joined(self, role: str) -> None:
        pass

    def left(self, role: str, reason: str, seconds: float) -> None:
        pass

    def traffic(self, direction: Literal["in", "out"], size: int) -> None:
        pass

    def rejected(self, code: str) -> None:
        pass

    def resumed(self, outcome: Literal["resumed", "conflict", "expired"]) -> None:
        pass

    def load(self, sessions: int, utilisation: float) -> None:
        pass


class HealthOnly:
    """``HttpRoutes`` with ``/healthz`` and ``/readyz`` alone."""

    def respond(self, path: str, headers: Mapping[str, str], status: Status) -> HttpReply | None:
        good = {"/healthz": status.alive, "/readyz": status.ready}.get(path.partition("?")[0])
        if good is None:
            return None
        body = json.dumps({"ok": good, "reason": status.reason, "sessions": status.sessions}).encode()
        return HttpReply(200 if good else 503, body + b"\n", {"Content-Type": "application/json"})


class NothingKept:
    """A ``StateStore`` that forgets."""

    def save(self, saved: SavedSession) -> None:
        pass

    def remove(self, session: str) -> None:
        pass

    def load(self) -> list[SavedSession]:
        return []

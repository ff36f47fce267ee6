"""Films and filmstrips for looking at: the real game beside the dream under the same controls."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.evaluation.dreamers import Dreamer, ModelDreamer
from worldsdk.evaluation.evaluate import Results
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.pictures import long_play_sheet, png, real_above_dreamt
from worldsdk.pixels.sheet import filmstrip

CLIPS = 4
CLIP_TICKS = 96
"""Longest clip: a few seconds, since all of a page's pictures lie within it."""
LEAST_FRAME_MS = 20
"""Browsers show frames of animations no faster, and some then take 100 ms for each."""
QUALITY = 70
"""Of the clips' WebP; filmstrips are PNG and exact."""


@dataclass(frozen=True)
class Films:
    """Encoded pictures.

    Attributes:
        strip: PNG, pairs of rows, real above dreamt.
        columns: the tick of each of its columns, 0 the last real frame.
        clips: animated WebP, real to the left of dreamt.
        tours: seconds away -> PNG, first, half-way and last frame of each session.
        errands: seconds in all -> PNG, the real frame at A, those at B and after the return, of each session.
        long_play: PNG, or None.
    """

    strip: bytes
    columns: list[int]
    clips: list[bytes]
    tours: dict[str, bytes]
    errands: dict[str, bytes]
    long_play: bytes | None


def gather_films(dreamer: ModelDreamer, heldout: HeldOut, results: Results) -> Films:
    """Dreams some windows once more, for strips and clips of the same play."""
    history, seed = dreamer.model.spec.history, results.settings.seed
    horizons = results.horizons
    play = results.long_play
    return Films(
        strip=png(real_above_dreamt(dreamer, heldout, horizons, history=history, seed=seed)),
        columns=[0, *horizons],
        clips=clips(dreamer, heldout, max(horizons), history, seed),
        tours=_strips(results.truth.tours),
        errands=_strips(results.truth.errands),
        long_play=None if play is None else png(long_play_sheet(play.pictures)),
    )


def _strips(found: Mapping[str, NDArray[np.uint8]]) -> dict[str, bytes]:
    return {
        name: png(filmstrip([list(frames) for frames in pictures], scale=2))
        for name, pictures in found.items()
    }


def clips(dreamer: Dreamer, heldout: HeldOut, longest: int, history: int, seed: int) -> list[bytes]:
    """At most ``CLIPS`` animated WebP files: the real film, a gap, the dreamt film; twice as large."""
    ticks = min(CLIP_TICKS, longest)
    windows = heldout.gather(heldout.places(CLIPS, history, ticks, seed), history, ticks)
    dream = dreamer.dream(windows.context, windows.controls, range(seed, seed + len(windows)))
    return [
        webp(side_by_side(real, dreamt), heldout.rate_hz)
        for real, dreamt in zip(windows.pixels, dream.pixels, strict=True)
    ]


def side_by_side(left: NDArray[np.uint8], right: NDArray[np.uint8], gap: int = 4) -> NDArray[np.uint8]:
    """uint8 [T, H, W, 3] twice -> uint8 [T, H, 2 * W + gap, 3]."""
    bar = np.full((*left.shape[:2], gap, 3), 24, np.uint8)
    return np.concatenate([left, bar, right], axis=2)


def webp(film: NDArray[np.uint8], rate_hz: float, scale: int = 2) -> bytes:
    """uint8 [T, H, W, 3] as an animated WebP file that plays for ever at ``rate_hz`` where browsers can."""
    large = film.repeat(scale, axis=1).repeat(scale, axis=2)
    pictures = [Image.fromarray(frame) for frame in large]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=max(LEAST_FRAME_MS, round(1000.0 / rate_hz)),
        loop=0,
        quality=QUALITY,
        method=2,
    )
    return buffer.getvalue()

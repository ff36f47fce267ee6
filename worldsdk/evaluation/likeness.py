"""How alike dreamt and real frames are as a crowd, whatever each of them shows: Frechet distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from worldsdk.evaluation.frechet import frechet
from worldsdk.evaluation.networks import CLIP_FRAMES
from worldsdk.evaluation.reader import WIDTHS, Numbers, Reader
from worldsdk.evaluation.tracks import ClipKeeper, Track

LEAST_SAMPLES = 4 * sum(WIDTHS)
"""Fewer frames than this say little about a covariance of so many features."""
NETWORK = (
    "channel means of the {layers} convolutions ({features} features) of the motion and pose reader, "
    "trained for this evaluation on {pairs} pairs of real frames of this game; "
    "not comparable with FID, FVD or other games"
)


def distances(tracks: Sequence[Track], reader: Reader, horizons: Sequence[int]) -> dict[str, Any]:
    """Frechet distances by span of the dream, as plain JSON.

    Each span reaches from after one horizon to the next. Features are divided by their spread over real
    frames. ``real_against_real`` is the distance between two halves of the real windows: a world that comes
    near it is as good as can be told.
    """
    spans: dict[str, Any] = {}
    if tracks:
        everything = np.concatenate([track.real.features for track in tracks])
        spread = np.maximum(everything.std(axis=0), 1e-6)
        after = 0
        for horizon in sorted(horizons):
            span = _span(tracks, spread, after, horizon)
            if span is not None:
                spans[f"{after + 1}-{horizon}"] = span
                after = horizon
    return {
        "network": NETWORK.format(layers=len(WIDTHS), features=sum(WIDTHS), pairs=reader.pairs),
        "spans": spans,
    }


def _span(tracks: Sequence[Track], spread: Numbers, after: int, until: int) -> dict[str, Any] | None:
    long = [track for track in tracks if len(track) >= until]
    real = [track.real.features[after:until] / spread for track in long]
    dreamt = [track.dreamt.features[after:until] / spread for track in long]
    count = sum(len(part) for part in real)
    if count < LEAST_SAMPLES or len(long) < 2:
        return None
    return {
        "distance": frechet(np.concatenate(real), np.concatenate(dreamt)),
        "real_against_real": frechet(np.concatenate(real[0::2]), np.concatenate(real[1::2])),
        "frames": count,
    }


def video_distance(keeper: ClipKeeper | None) -> dict[str, Any] | None:
    """FVD of the first ``CLIP_FRAMES`` dreamt frames; None without a network, or where no clip is so long."""
    if keeper is None or not keeper.real:
        return None
    real, dreamt = np.concatenate(keeper.real), np.concatenate(keeper.dreamt)
    if len(real) < 2:
        return None
    return {
        **keeper.network.about(),
        "fvd": frechet(real, dreamt),
        "clips": len(real),
        "clip_frames": CLIP_FRAMES,
    }

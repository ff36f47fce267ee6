"""Noise as a pure function of (session seed, tick, denoising step).

Counter-based (Philox 4x64-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): the
seed is the key, tick and step are part of the counter. No generator is kept, so no session can disturb
another's noise, and going back in time needs no saved random state.

The numbers are those of numpy's ``Generator(Philox(counter, key)).standard_normal(dtype=float32)``, bit for
bit: the same stream and the same ziggurat (Marsaglia and Tsang 2000) in one compiled loop, at a third of the
time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

SEED_LIMIT = 1 << 64
"""Seeds are integers from 0 up to, not including, this."""

LAYERS = 256
EDGE = 3.6541528853610088
"""Where the ziggurat's lowest layer ends and the tail begins, for 256 layers of equal area."""

Words = NDArray[np.uint64]
Floats = NDArray[np.float32]


def noise(seed: int, tick: int, step: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal float32 of ``shape``, the same for the same arguments.

    Args:
        seed: of the session, 0 to 2**64 - 1.
        tick: of the frame being generated, from 1.
        step: denoising step, from 0.
    """
    out = np.empty(shape, np.float32)
    _draw(np.uint64(tick), np.uint64(step), np.uint64(seed), _INSIDE, _WIDTH, _HEIGHT, out.reshape(-1))
    return out


def _tables() -> tuple[NDArray[np.uint32], Floats, Floats]:
    """Of each layer: below which of 2**23 values a draw lies inside for sure, its width, its height."""
    density = [0.0] * LAYERS
    width = [0.0] * LAYERS
    width[-1], density[-1] = EDGE, math.exp(-0.5 * EDGE * EDGE)
    area = EDGE * density[-1] + math.sqrt(math.pi / 2.0) * math.erfc(EDGE / math.sqrt(2.0))
    for layer in range(LAYERS - 2, 0, -1):
        density[layer] = area / width[layer + 1] + density[layer + 1]
        width[layer] = math.sqrt(-2.0 * math.log(density[layer]))
    base = area / density[-1]
    inside = [EDGE / base, 0.0, *(width[layer - 1] / width[layer] for layer in range(2, LAYERS))]
    heights = [1.0, *(math.exp(-0.5 * w * w) for w in width[1:])]
    return (
        np.array([round(share * 2**23) for share in inside], np.uint32),
        (np.array([base, *width[1:]]) / 2**23).astype(np.float32),
        np.array(heights, np.float32),
    )


_INSIDE, _WIDTH, _HEIGHT = _tables()


@kernel(fastmath=False, vectors=True)
def _high(a: np.uint64, b: np.uint64) -> np.uint64:
    """The upper 64 bits of a product."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    a0, a1, b0, b1 = a & low, a >> half, b & low, b >> half
    middle = a1 * b0 + ((a0 * b0) >> half)
    other = a0 * b1 + (middle & low)
    return np.uint64(a1 * b1 + (middle >> half) + (other >> half))


@kernel(fastmath=False, vectors=True)
def _philox(counter: Words, key: np.uint64, words: NDArray[np.uint32]) -> None:
    """Adds 1 to the counter [4] and fills ``words`` [8] with what it maps to."""
    for place in range(4):
        counter[place] += np.uint64(1)
        if counter[place]:
            break
    c0, c1, c2, c3 = counter[0], counter[1], counter[2], counter[3]
    k0, k1 = np.uint64(key), np.uint64(0)
    for _ in range(10):
        high0, low0 = _high(np.uint64(0xD2E7470EE14C6C93), c0), np.uint64(0xD2E7470EE14C6C93) * c0
        high1, low1 = _high(np.uint64(0xCA5A826395121157), c2), np.uint64(0xCA5A826395121157) * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 += np.uint64(0x9E3779B97F4A7C15)
        k1 += np.uint64(0xBB67AE8584CAA73B)
    for place, word in enumerate((c0, c1, c2, c3)):
        words[2 * place] = np.uint32(word & np.uint64(0xFFFFFFFF))
        words[2 * place + 1] = np.uint32(word >> np.uint64(32))


@kernel(fastmath=False, vectors=True)
def _draw(
    tick: np.uint64,
    step: np.uint64,
    key: np.uint64,
    inside: NDArray[np.uint32],
    width: Floats,
    height: Floats,
    out: Floats,
) -> None:
    """Fills ``out`` [N]."""
    # The two low words of the counter run within one draw; the two high words say which draw it is.
    counter = np.zeros(4, np.uint64)
    counter[2], counter[3] = step, tick
    words, used = np.empty(8, np.uint32), 8
    tail = np.float32(1.0 / EDGE)
    uniform = np.float32(1.0 / 16777216.0)
    pair = np.empty(2, np.float32)
    for n in range(len(out)):
        while True:
            if used == 8:
                _philox(counter, key, words)
                used = 0
            word = words[used]
            used += 1
            layer = word & 0xFF
            place = (word >> 9) & 0x7FFFFF
            x = np.float32(place) * width[layer]
            if word & 0x100:
                x = -x
            if place < inside[layer]:
                break
            if layer:
                if used == 8:
                    _philox(counter, key, words)
                    used = 0
                share = np.float32(words[used] >> 8) * uniform
                used += 1
                rise = np.float32((height[layer - 1] - height[layer]) * share) + height[layer]
                if rise < math.exp(-0.5 * np.float64(x) * np.float64(x)):
                    break
                continue
            while True:
                for which in range(2):
                    if used == 8:
                        _philox(counter, key, words)
                        used = 0
                    share = np.float32(words[used] >> 8) * uniform
                    used += 1
                    pair[which] = -np.float32(math.log1p(-share))
                beyond, room = np.float32(tail * pair[0]), pair[1]
                if np.float32(room + room) > np.float32(beyond * beyond):
                    break
            x = np.float32(np.float32(EDGE) + beyond)
            if (place >> 8) & 1:
                x = -x
            break
        out[n] = x

"""Noise as a pure function of (session seed, tick, denoising step).

Counter-based (Philox 4x64-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): the
seed is the key, tick and step are part of the counter. No generator is kept, so no session can disturb
another's noise, and going back in time needs no saved random state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SEED_LIMIT = 1 << 64
"""Seeds are integers from 0 up to, not including, this."""


def noise(seed: int, tick: int, step: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal float32 of ``shape``, the same for the same arguments on the same build of numpy.

    Args:
        seed: of the session, 0 to 2**64 - 1.
        tick: of the frame being generated, from 1.
        step: denoising step, from 0.
    """
    # The two low words of the counter run within one draw; the two high words say which draw it is.
    counter = np.array([0, 0, step, tick], dtype=np.uint64)
    key = np.array([seed, 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key)).standard_normal(
        shape, dtype=np.float32
    )

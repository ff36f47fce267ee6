"""Frechet distance between two sets of feature vectors, as used in FID (Heusel et al. 2017) and FVD."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def frechet(one: Numbers, other: Numbers) -> float:
    """Squared Frechet distance between the normal distributions fitted to [N, F] and [M, F].

    0 for equal sets. With few samples it is too large, since two covariances of the same thing then differ:
    compare only figures from equal numbers of samples.

    Raises:
        ValueError: fewer than two vectors, different lengths, or numbers that are not finite.
    """
    if one.ndim != 2 or other.ndim != 2 or one.shape[1] != other.shape[1]:
        raise ValueError(f"features must be [N, F] and [M, F], not {one.shape} and {other.shape}")
    if min(len(one), len(other)) < 2 or not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError(f"needs two or more finite vectors; got {len(one)} and {len(other)}")
    a, b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (one, other))
    root = _root(a)
    # The trace of (a b)^(1/2) is that of the symmetric (a^(1/2) b a^(1/2))^(1/2), which has real eigenvalues.
    inner = root @ b @ root
    cross = np.sqrt(np.clip(np.linalg.eigvalsh((inner + inner.T) / 2.0), 0.0, None)).sum()
    gap = one.mean(axis=0) - other.mean(axis=0)
    return max(0.0, float(gap @ gap + np.trace(a) + np.trace(b) - 2.0 * cross))


def _root(matrix: Numbers) -> Numbers:
    values, vectors = np.linalg.eigh(matrix)
    root: Numbers = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    return root

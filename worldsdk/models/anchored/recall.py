"""Which remembered frame shows what lies ahead: memory indexed by place rather than by time."""

from __future__ import annotations

from torch import Tensor

from worldsdk.models.camera import heading_vector

AHEAD = 160.0
"""Map units before a walker at which their gaze is taken to rest."""
CLOSE = 128.0
"""Map units between two gazes that weigh as much as an eighth of a turn between two headings."""


def recall(pose: Tensor, keyposes: Tensor) -> Tensor:
    """Index [B] of the remembered pose [B, N, 3] whose view overlaps most with that of ``pose`` [B, 3].

    Views overlap where the gazes meet and the headings agree; the field-of-view overlap by which "Context
    as Memory" (Yu et al. 2025) chooses frames, in closed form.
    """
    cos, sin = heading_vector(pose[:, None, 2])
    other_cos, other_sin = heading_vector(keyposes[..., 2])
    dx = keyposes[..., 0] + AHEAD * other_cos - pose[:, None, 0] - AHEAD * cos
    dy = keyposes[..., 1] + AHEAD * other_sin - pose[:, None, 1] - AHEAD * sin
    gaze = (dx.square() + dy.square()).sqrt() / CLOSE
    turn = (1.0 - cos * other_cos - sin * other_sin) / (1.0 - 0.5**0.5)
    best: Tensor = (gaze + turn).argmin(dim=1)
    return best

"""The rows of the matrix: what is to be measured, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worldsdk.models.variants import DEFAULT

FORMAT = 1
"""Of the report."""

STEPS = "denoising steps"
THREADS = "threads"
TOGETHER = "together"


@dataclass(frozen=True)
class Trial:
    """One row to measure: a form of the model, steps and threads, of which at most one is not the default."""

    toggle: str
    name: str
    variant: str = DEFAULT.name
    steps: int = 0
    threads: int = 0
    missing: str = ""


@dataclass(frozen=True)
class Row:
    """What one trial came to.

    Attributes:
        toggle, name: what was chosen; variant, steps, threads: what ran.
        tick_ms, default_ms: medians of ticks that took turns. speed: default_ms / tick_ms.
        stages: ms that 95 of 100 ticks did not exceed, by stage; ``denoise`` is of one step.
        weights_mb, state_mb: of the model and of one session's memory.
        psnr_db: of frames, against float32 at all steps; ``SAME_DB`` where they are the same.
        estimate_db: signal to error of what the frames are drawn from; None where it has another shape.
        missing: why there are no figures; empty where there are.
    """

    toggle: str
    name: str
    variant: str = DEFAULT.name
    steps: int = 0
    threads: int = 0
    tick_ms: float = 0.0
    default_ms: float = 0.0
    speed: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    weights_mb: float = 0.0
    state_mb: float = 0.0
    psnr_db: float | None = None
    estimate_db: float | None = None
    missing: str = ""

    @property
    def measured(self) -> bool:
        return not self.missing

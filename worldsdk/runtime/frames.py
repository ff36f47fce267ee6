"""Frames out of what the engine hands over."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.frame import Frame, Timing
from worldsdk.models.interface import Context, ModelSpec
from worldsdk.runtime.engine import Row
from worldsdk.runtime.history import Input

T = TypeVar("T")


def generated(spec: ModelSpec, row: Row, made_by: Input, timing: Timing) -> Frame:
    """The frame of one engine row."""
    return filled(
        Frame,
        pixels=row.pixels,
        layers=row.layers,
        state=named(spec, row.variables),
        reward=row.reward,
        ended=row.ended,
        tick=made_by.tick,
        controls=made_by.controls,
        timing=timing,
        held=False,
        given=made_by.given,
    )


def first(spec: ModelSpec, controls: ControlSpec, context: Context) -> Frame:
    """Tick 0: the last frame of a start context (a batch of one). It has no layers: nothing drew it yet."""
    pixels = context.pixels[0, -1].cpu().numpy().copy()
    pixels.flags.writeable = False
    return Frame(
        pixels=pixels,
        layers={},
        state=named(spec, context.variables[0, -1].cpu().numpy()),
        reward=0.0,
        ended=False,
        tick=0,
        controls=controls.from_vector(context.controls[0, -1].cpu().numpy()),
        timing=Timing(),
    )


def held(frame: Frame, budget_ms: float, met: bool) -> Frame:
    """``frame`` shown for one more beat, without anything generated."""
    timing = Timing(budget_ms=budget_ms, deadline_met=met, rung=frame.timing.rung)
    return replace(frame, held=True, timing=timing)


def named(spec: ModelSpec, variables: NDArray[np.float32]) -> dict[str, float]:
    """State variables by name, in their declared units."""
    if not spec.variables:
        return {}
    return {v.name: float(value) for v, value in zip(spec.variables, variables, strict=True)}


def filled(cls: type[T], **fields: object) -> T:
    """``cls(**fields)`` of a frozen dataclass, all fields given, in a third of the time: such a class sets
    each field by a call of its own, at every tick."""
    made = cls.__new__(cls)
    vars(made).update(fields)
    return made

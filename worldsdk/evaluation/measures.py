"""The measures of pictures, state variables and layers, each beside its repeat-the-last-frame twin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.metrics import psnr, sharpness, ssim
from worldsdk.evaluation.rollout import Measure, Moment, Numbers
from worldsdk.models.interface import Layer, Variable


def picture_measures() -> dict[str, Measure]:
    """``psnr`` (dB), ``ssim`` and ``sharpness`` (levels per pixel) of the dreamt frame, with the same of
    repeating (``repeat_...``) and the sharpness of the real frame (``real_sharpness``)."""
    return {
        "psnr": lambda m: psnr(m.real, m.dreamt),
        "repeat_psnr": lambda m: psnr(m.real, m.last),
        "ssim": lambda m: ssim(m.real, m.dreamt),
        "repeat_ssim": lambda m: ssim(m.real, m.last),
        "sharpness": lambda m: sharpness(m.dreamt),
        "real_sharpness": lambda m: sharpness(m.real),
    }


def variable_measures(variables: Sequence[Variable]) -> dict[str, Measure]:
    """``error:NAME`` and ``repeat_error:NAME``: absolute error of each variable, in its unit.

    A variable with a period errs by the short way round. Where ``x`` and ``y`` both exist, ``position`` is
    the straight distance between the dreamt and the true place.
    """
    found: dict[str, Measure] = {}
    for column, variable in enumerate(variables):
        found[f"error:{variable.name}"] = partial(_error, columns=[(column, variable.period)], repeat=False)
        found[f"repeat_error:{variable.name}"] = partial(
            _error, columns=[(column, variable.period)], repeat=True
        )
    names = [variable.name for variable in variables]
    if "x" in names and "y" in names:
        columns = [(names.index(axis), variables[names.index(axis)].period) for axis in ("x", "y")]
        found["error:position"] = partial(_error, columns=columns, repeat=False)
        found["repeat_error:position"] = partial(_error, columns=columns, repeat=True)
    return found


def layer_measures(layers: Sequence[Layer]) -> dict[str, Measure]:
    """``layer:NAME`` and ``repeat_layer:NAME``: mean absolute error over pixels, in the layer's unit."""
    found: dict[str, Measure] = {}
    for layer in layers:
        found[f"layer:{layer.name}"] = partial(_layer_error, name=layer.name, repeat=False)
        found[f"repeat_layer:{layer.name}"] = partial(_layer_error, name=layer.name, repeat=True)
    return found


def wrapped_difference(
    a: NDArray[np.floating], b: NDArray[np.floating], period: float
) -> NDArray[np.float64]:
    """``a - b``; with a period, by the short way round, in [-period / 2, period / 2]."""
    difference = a.astype(np.float64) - b.astype(np.float64)
    if period:
        difference -= period * np.round(difference / period)
    return difference


def _error(moment: Moment, columns: Sequence[tuple[int, float]], repeat: bool) -> Numbers:
    guess = moment.last_variables if repeat else moment.dreamt_variables
    parts = [
        wrapped_difference(guess[:, column], moment.real_variables[:, column], period)
        for column, period in columns
    ]
    distance: Numbers = np.sqrt(np.sum(np.square(parts), axis=0))
    return distance


def _layer_error(moment: Moment, name: str, repeat: bool) -> Numbers:
    guess = (moment.last_layers if repeat else moment.dreamt_layers)[name]
    real = moment.real_layers[name].astype(np.float64)
    error: Numbers = np.abs(guess - real).mean(axis=(1, 2))
    return error

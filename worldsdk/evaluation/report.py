"""Results as JSON for programs and as a Markdown card for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from worldsdk.evaluation.estimate import Estimate
from worldsdk.evaluation.evaluate import Results
from worldsdk.evaluation.happenings import happenings_lines
from worldsdk.evaluation.long_play import LongPlay
from worldsdk.evaluation.rollout import Table
from worldsdk.evaluation.truth_report import truth_json, truth_lines
from worldsdk.models.interface import ModelSpec

FORMAT = 1
NO_AUTOENCODER = "none, this family works on the pixels themselves"
MINUTES = (1.0, 5.0, 10.0)


def to_json(results: Results, about: Mapping[str, Any]) -> dict[str, Any]:
    """The report as plain JSON.

    Args:
        results: of ``evaluate``.
        about: what was evaluated, on what data and machine; merged in at the top.

    Figures are means; the same keys under ``interval`` hold them with their 95 % bootstrap intervals over
    episodes. Horizons are keys, as strings.
    """
    table, horizons, first = results.rollout, results.horizons, results.next_frame
    ratios = {str(h): table.ratio("sharpness", "real_sharpness", h) for h in horizons}
    rows: dict[str, dict[str, Estimate]] = {
        "rollout_psnr": table.row("psnr", horizons),
        "repeat_psnr": table.row("repeat_psnr", horizons),
        "rollout_ssim": table.row("ssim", horizons),
        "repeat_ssim": table.row("repeat_ssim", horizons),
        "sharpness_ratio": {h: ratio for h, ratio in ratios.items() if ratio is not None},
    }
    ones = {
        "next_frame_psnr": first.estimate("psnr", 1),
        "next_frame_repeat_psnr": first.estimate("repeat_psnr", 1),
        "next_frame_ssim": first.estimate("ssim", 1),
        "next_frame_sharpness_ratio": first.ratio("sharpness", "real_sharpness", 1),
    }
    return {
        "format": FORMAT,
        **about,
        "settings": results.settings_json(),
        "horizons_left_out": results.left_out,
        **{name: _mean(value) for name, value in ones.items()},
        **{name: {h: value.mean for h, value in row.items()} for name, row in rows.items()},
        "autoencoder_psnr": None,
        "autoencoder_note": NO_AUTOENCODER,
        "interval": {
            **{name: value.to_json() for name, value in ones.items() if value is not None},
            **{name: {h: value.to_json() for h, value in row.items()} for name, row in rows.items()},
        },
        "variable_error": _group(table, horizons, "error:"),
        "repeat_variable_error": _group(table, horizons, "repeat_error:"),
        "layer_error": _group(table, horizons, "layer:"),
        "repeat_layer_error": _group(table, horizons, "repeat_layer:"),
        "cells": _cells(results) if results.tiles else None,
        "time_to_collapse": _collapse(results.long_play) if results.long_play else None,
        "happenings": {name: score.to_json() for name, score in results.happenings.items()},
        **truth_json(results),
    }


def to_markdown(report: Mapping[str, Any], spec: ModelSpec) -> str:
    """The card: one table per question, in plain words.

    Args:
        report: what ``to_json`` returned.
        spec: of the model, for units.
    """
    interval, data = report["interval"], report["data"]
    horizons = list(report["rollout_psnr"])
    lines = [
        f"# How faithful is {report['world']}?",
        "",
        f"Measured on {data['frames']:,} held-out frames ({data['episodes']} episodes) of {data['game']}. "
        "Brackets are 95 % bootstrap intervals over episodes.",
        "",
        "| frames dreamt | PSNR, dB | repeating the last real frame, dB | SSIM | sharpness beside real |",
        "|---|---|---|---|---|",
        "| next frame after real history | "
        + " | ".join(
            [
                _cell(interval.get("next_frame_psnr")),
                _cell(interval.get("next_frame_repeat_psnr")),
                _cell(interval.get("next_frame_ssim"), 3),
                _cell(interval.get("next_frame_sharpness_ratio"), 2),
            ]
        )
        + " |",
    ]
    for h in horizons:
        cells = [
            _cell(interval["rollout_psnr"].get(h)),
            _cell(interval["repeat_psnr"].get(h)),
            _cell(interval["rollout_ssim"].get(h), 3),
            _cell(interval["sharpness_ratio"].get(h), 2),
        ]
        lines.append(f"| {h} | " + " | ".join(cells) + " |")
    lines += ["", f"The autoencoder alone: {report['autoencoder_note']}.", ""]
    units = {v.name: v.unit for v in spec.variables} | {v.name: v.unit for v in spec.layers}
    units["position"] = units.get("x", "")
    for title, name in (("State", "variable_error"), ("Layers", "layer_error")):
        if report[name]:
            lines += _error_table(title, report[name], report[f"repeat_{name}"], horizons, units)
    if report["cells"]:
        lines += _cells_lines(report["cells"])
    if report["happenings"]:
        lines += happenings_lines(report["happenings"])
    lines += truth_lines(report)
    if report["time_to_collapse"]:
        lines += _collapse_lines(report["time_to_collapse"])
    lines += _making_lines(report.get("provenance", {}))
    return "\n".join(lines).rstrip() + "\n"


def _group(table: Table, horizons: list[int], prefix: str) -> dict[str, dict[str, float]]:
    names = sorted({name for name in table.names if name.startswith(prefix)})
    return {
        name.removeprefix(prefix): {h: value.mean for h, value in table.row(name, horizons).items()}
        for name in names
    }


def _cells(results: Results) -> dict[str, Any]:
    names = ("cells", "repeat_cells", "changed_cells", "board")
    return {
        "tiles": results.tiles,
        "next_frame": {name: _mean(results.next_frame.estimate(name, 1)) for name in names},
        "rollout": {
            name: {h: e.mean for h, e in results.rollout.row(name, results.horizons).items()}
            for name in names
        },
    }


def _collapse(play: LongPlay) -> dict[str, Any]:
    seconds = [life.seconds for life in play.lives]
    return {
        "minutes": play.minutes,
        "sessions": [
            {"seconds": life.seconds, "cause": life.cause or "alive", "endings": life.endings}
            for life in play.lives
        ],
        "mean_s": float(np.mean(seconds)),
        "median_s": float(np.median(seconds)),
        "alive": {f"{minute:g}": play.alive(minute) for minute in MINUTES},
        "limits": {
            "strangeness": play.limits.strangeness,
            "crispness": [play.limits.crispness_low, play.limits.crispness_high],
        },
        "false_alarms_on_real_play": play.false_alarms,
    }


def _mean(value: Estimate | None) -> float | None:
    return None if value is None else value.mean


def _cell(value: Mapping[str, float] | None, digits: int = 1) -> str:
    if value is None:
        return "not measured"
    return f"{value['mean']:.{digits}f} ({value['low']:.{digits}f} to {value['high']:.{digits}f})"


def _error_table(
    title: str,
    errors: Mapping[str, Mapping[str, float]],
    repeats: Mapping[str, Mapping[str, float]],
    horizons: list[str],
    units: Mapping[str, str],
) -> list[str]:
    lines = [
        f"{title}: mean absolute error by frames dreamt (in brackets: taking the last real value).",
        "",
        f"| | {' | '.join(horizons)} |",
        "|---" * (len(horizons) + 1) + "|",
    ]
    for name, row in errors.items():
        unit = f", {units[name]}" if units.get(name) else ""
        cells = [f"{row[h]:.3g} ({repeats[name][h]:.3g})" if h in row else "" for h in horizons]
        lines.append(f"| {name}{unit} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cells_lines(cells: Mapping[str, Any]) -> list[str]:
    first, rollout = cells["next_frame"], cells["rollout"]
    lines = [
        f"Cells read as the right one of {cells['tiles']} tiles, in percent.",
        "",
        "| frames dreamt | cells | unchanged board | cells that changed | whole board right |",
        "|---|---|---|---|---|",
    ]
    order = ("cells", "repeat_cells", "changed_cells", "board")
    lines.append("| next frame after real history | " + " | ".join(_percent(first[n]) for n in order) + " |")
    for h in rollout["cells"]:
        lines.append(f"| {h} | " + " | ".join(_percent(rollout[n].get(h)) for n in order) + " |")
    return [*lines, ""]


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100.0 * share:.2f}"


def _collapse_lines(collapse: Mapping[str, Any]) -> list[str]:
    sessions = collapse["sessions"]
    ends = ["alive" if s["cause"] == "alive" else f"{s['seconds']:.0f} s ({s['cause']})" for s in sessions]
    alive = [f"{100 * v:.0f} % after {m} min" for m, v in collapse["alive"].items() if v is not None]
    return [
        f"Scripted play of {collapse['minutes']:g} minutes, {len(sessions)} sessions: {', '.join(ends)}."
        f" Episodes that ended and began anew: {sum(s['endings'] for s in sessions)}."
        + (f" Alive: {', '.join(alive)}." if alive else ""),
        "",
        "A session has collapsed when for two seconds four frames in five lie well outside the range of real "
        "frames in colour or sharpness, or when it stands still for ten seconds while controls change. The "
        f"same test calls {100 * collapse['false_alarms_on_real_play']:.0f} % of real episodes collapsed.",
        "",
    ]


def _making_lines(provenance: Mapping[str, Any]) -> list[str]:
    """How the world was made, where its pack says so."""
    minutes, frames = provenance.get("minutes"), provenance.get("frames_seen")
    if not isinstance(minutes, Mapping) or not isinstance(frames, Mapping):
        return []
    lines = [
        "",
        f"Made by {provenance.get('recipe', '?')} on {', '.join(provenance.get('hardware', ['?']))}.",
        "",
        "| stage | minutes | frames seen |",
        "|---|---|---|",
    ]
    lines += [f"| {stage} | {minutes[stage]:.1f} | {frames.get(stage, 0):,} |" for stage in minutes]
    return lines

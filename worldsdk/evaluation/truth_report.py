"""The part of a report that stands on the reader and on the game itself: JSON keys and card sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worldsdk.evaluation.evaluate import Results
from worldsdk.evaluation.returns_report import returns_lines

NAMES = {
    "frechet": "Frechet distance of features",
    "fvd": "FVD",
    "lpips": "LPIPS",
    "obedience": "Obedience",
    "geometry": "Geometry and memory",
    "tours": "Turning round and driving into walls",
    "closed_loop": "Leaving a room and returning in closed loop",
}


def truth_json(results: Results) -> dict[str, Any]:
    """``frechet``, ``fvd``, ``lpips``, ``obedience``, ``geometry`` (None where not measured), and
    ``not_measured``: which of them were not, and why."""
    keys = ("frechet", "fvd", "obedience", "geometry")
    found = {key: results.truth.figures.get(key) for key in keys}
    lpips = {
        name: {h: e.to_json() for h, e in results.rollout.row(measure, results.horizons).items()}
        for name, measure in (("rollout", "lpips"), ("repeat", "repeat_lpips"))
    }
    network = {} if results.picture_network is None else results.picture_network
    found["lpips"] = {**network, **lpips} if lpips["rollout"] else None
    return {**found, "not_measured": dict(results.truth.reasons)}


def truth_lines(report: Mapping[str, Any]) -> list[str]:
    """Sections of the card."""
    lines: list[str] = []
    if report["obedience"]:
        lines += _obedience(report["obedience"])
    if report["geometry"]:
        lines += _geometry(report["geometry"])
    if report["frechet"] and report["frechet"]["spans"]:
        lines += _frechet(report["frechet"])
    if report["lpips"]:
        row = ", ".join(f"{e['mean']:.3f} after {h}" for h, e in report["lpips"]["rollout"].items())
        lines += [f"LPIPS (network {report['lpips']['network']}), by frames dreamt: {row}.", ""]
    if report["fvd"]:
        fvd = report["fvd"]
        lines += [
            f"FVD of the first {fvd['clip_frames']} dreamt frames (network {fvd['network']}): "
            f"{fvd['fvd']:.1f} over {fvd['clips']} clips.",
            "",
        ]
    if report["not_measured"]:
        told = "; ".join(f"{NAMES[key]}: {why}" for key, why in report["not_measured"].items())
        lines += [f"Not measured: {told}.", ""]
    return lines


def _obedience(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "Obedience: correlation between what was commanded and what a reader, taught on real play, sees "
        "happen. The ceiling is the same reading of the real film, the floor other commands. Delay in frames "
        "(in brackets: in the game).",
        "",
        "| | world | ceiling | floor | share of the way up | delay |",
        "|---|---|---|---|---|---|",
    ]
    for kind in ("controls", "motions"):
        for name, row in found[kind].items():
            unreadable = row["share"] is None
            delay = f"{number(row['delay'], 0)} ({number(row['delay_real'], 0)})" if "delay" in row else ""
            world = number(row["world"])
            if row["interval"] is not None:
                world += f" ({row['interval']['low']:.2f} to {row['interval']['high']:.2f})"
            share = "the reader cannot tell" if unreadable else f"{100 * row['share']:.0f} %"
            label = name if kind == "controls" else f"{name} (seen motion)"
            lines.append(
                f"| {label} | {world} | {number(row['ceiling'])} | {number(row['floor'])} | {share} "
                f"| {'' if unreadable else delay} |"
            )
    return [*lines, ""]


def _geometry(found: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, views in found["pose"].items():
        horizons = list(views["own"])
        lines += [
            f"{name.capitalize()} against the game's replay: error in {views['unit']} by frames dreamt.",
            "",
            f"| | {' | '.join(horizons)} |",
            "|---" * (len(horizons) + 1) + "|",
        ]
        for view, label in (
            ("own", "the world's own state"),
            ("dreamt", "reader on dreamt frames"),
            ("real", "reader on real frames (its own error)"),
            ("repeat", "not moving"),
        ):
            cells = [f"{views[view][h]['mean']:.3g}" if h in views[view] else "" for h in horizons]
            lines.append(f"| {label} | {' | '.join(cells)} |")
        lines.append("")
    if "walls" in found:
        lines += _tours(found)
    return lines + returns_lines(found["returns"])


def _tours(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "Turning half-way round, waiting, and turning on: the last frame beside the first.",
        "",
        "| seconds away | PSNR, dB | half-way frame, dB | recognised | the game itself, dB |",
        "|---|---|---|---|---|",
    ]
    for away, row in found["turn_and_return"].items():
        world, game = row["world"], row.get("game")
        played = "not played to its end" if game is None else f"{game['psnr']['mean']:.1f}"
        lines.append(
            f"| {away} | {world['psnr']['mean']:.1f} | {world['halfway_psnr']['mean']:.1f} "
            f"| {100 * world['recognised']:.0f} % | {played} |"
        )
    walls = found["walls"]
    lines += [
        "",
        "Driving into walls: share of the time spent where nobody has walked.",
        "",
        "| | by the state variables | by the pictures, as the reader sees them | travelled |",
        "|---|---|---|---|",
    ]
    for name, label in (("world", "the world"), ("game", "the game"), ("real_play", "held-out play")):
        row = walls.get(name)
        if row is None:
            continue
        shares = [row["off_ground"], row["off_ground_seen"]]
        cells = [100 * (share["mean"] if isinstance(share, dict) else share) for share in shares]
        travelled = f"{row['distance']:.0f} {row['unit']}" if "distance" in row else ""
        lines.append(f"| {label} | {cells[0]:.1f} % | {cells[1]:.1f} % | {travelled} |")
    return [*lines, ""]


def _frechet(found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"Frechet distance. Network: {found['network']}.",
        "",
        "| frames dreamt | distance | real against real | frames |",
        "|---|---|---|---|",
    ]
    for span, row in found["spans"].items():
        lines.append(
            f"| {span} | {row['distance']:.3g} | {row['real_against_real']:.3g} | {row['frames']:,} |"
        )
    return [*lines, ""]


def number(value: float | None, digits: int = 2) -> str:
    return "none" if value is None else f"{value:.{digits}f}"

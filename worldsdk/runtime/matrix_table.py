"""The matrix for people: Markdown that a terminal shows as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from worldsdk.runtime.matrix_fidelity import SAME_DB

HEAD = (
    "toggle",
    "choice",
    "ms a tick",
    "times the default",
    "weights MB",
    "state MB",
    "PSNR dB",
    "estimate dB",
)
BATCH_HEAD = ("sessions", "one by one: frames/s", "p99 ms", "one pass: frames/s", "p99 ms")


def as_markdown(report: Mapping[str, Any]) -> str:
    """The whole report: machine, rows, batching. Raises KeyError for what is no report."""
    machine = report["machine"]
    lines = [
        f"**{report['world']}** {report['world_version']} ({report['family']}), "
        f"{report['steps']} denoising {'step' if report['steps'] == 1 else 'steps'}, "
        f"{report['threads']} {'thread' if report['threads'] == 1 else 'threads'}; "
        f"{machine['cpu']}, {machine['cpus']} CPUs, {machine['device']}, torch {machine['torch']}.",
        "",
    ]
    if not report["complete"]:
        lines += ["Not complete: it was interrupted.", ""]
    lines += _table(HEAD, [_cells(row) for row in report["rows"]])
    if report["batching"]:
        lines += ["", *_table(BATCH_HEAD, [_batch_cells(row) for row in report["batching"]])]
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> list[str]:
    if row["missing"]:
        return [row["toggle"], row["name"], row["missing"], *[""] * (len(HEAD) - 3)]
    return [
        row["toggle"],
        row["name"],
        f"{row['tick_ms']:.2f}",
        f"{row['speed']:.2f}",
        f"{row['weights_mb']:.1f}",
        f"{row['state_mb']:.2f}",
        _decibels(row["psnr_db"]),
        _decibels(row["estimate_db"]),
    ]


def _batch_cells(row: Mapping[str, Any]) -> list[str]:
    if "missing" in row:
        return [str(row["sessions"]), row["missing"], *[""] * (len(BATCH_HEAD) - 2)]
    cells = [str(row["sessions"])]
    for way in ("alone", "fused"):
        cells += [f"{row[way]['frames_per_second']:.1f}", f"{row[way]['p99_ms']:.2f}"]
    return cells


def _decibels(value: float | None) -> str:
    if value is None:
        return "-"
    return "the same" if value >= SAME_DB else f"{value:.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their longest cell; numbers stand right where the head's column is one."""
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]

"""The report as one HTML file that holds all it shows: no script, no style or picture from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

from worldsdk.evaluation.charts import bars, chart, line_of
from worldsdk.evaluation.films import Films

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;
background:#fbfbfc;color:#1d2128}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem}
p.small,figcaption{color:#5b6370;font-size:.86rem}
table{border-collapse:collapse;margin:.8rem 0;font-variant-numeric:tabular-nums}
td,th{border-bottom:1px solid #d9dde3;padding:.25rem .8rem .25rem 0;text-align:left}
figure{margin:1rem 0}img{image-rendering:pixelated;max-width:100%}
.row{display:flex;flex-wrap:wrap;gap:1rem}.tiles{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.tile{border:1px solid #d9dde3;border-radius:6px;padding:.6rem .9rem;min-width:8rem}
.tile b{display:block;font-size:1.35rem}
svg{font:11px system-ui,sans-serif;max-width:100%}svg text{fill:#3d444f}
svg .title{font-weight:600;font-size:12px}
svg .grid{stroke:#dfe3e8}
@media(prefers-color-scheme:dark){body{background:#16181c;color:#e4e6ea}td,th,.tile{border-color:#363b44}
svg text{fill:#c3c8d0}svg .grid{stroke:#31353d}p.small,figcaption{color:#9aa2ae}}
"""


def page(report: Mapping[str, Any], card: str, films: Films) -> bytes:
    """The page, UTF-8.

    Args:
        report: what ``to_json`` returned. card: what ``to_markdown`` made of it; shown as tables.
        films: the pictures.
    """
    world, data = escape(str(report["world"])), report["data"]
    body = [
        f"<h1>How faithful is {world}?</h1>",
        f'<p class="small">{data["frames"]:,} held-out frames, {data["episodes"]} episodes of '
        f"{escape(str(data['game']))}. Bands are 95 % bootstrap intervals over episodes.</p>",
        _tiles(report),
        "<h2>Real above dreamt</h2>",
        _figure(
            films.strip,
            "png",
            "Columns: the last real frame, then after "
            + ", ".join(str(column) for column in films.columns[1:])
            + " dreamt frames.",
        ),
        "<h2>The game (left) and the dream (right), same controls</h2>",
        f'<div class="row">{"".join(_figure(clip, "webp", "") for clip in films.clips)}</div>',
        "<h2>Fidelity by horizon</h2>",
        f'<div class="row">{_fidelity(report)}</div>',
    ]
    if report["obedience"]:
        body += ["<h2>Obedience</h2>", _obedience(report["obedience"])]
    if report["geometry"]:
        body += ["<h2>Geometry and memory</h2>", f'<div class="row">{_pose(report["geometry"])}</div>']
    if films.tours:
        tours = [
            _figure(picture, "png", f"Turned away for {away} s") for away, picture in films.tours.items()
        ]
        body += [
            '<p class="small">Turning round and back: first frame, half-way, back. One row a session.</p>',
            f'<div class="row">{"".join(tours)}</div>',
        ]
    if films.errands:
        errands = [
            _figure(picture, "png", f"There and back in {seconds} s")
            for seconds, picture in films.errands.items()
        ]
        body += [
            '<p class="small">Leaving a room and returning: the real frame at A, then the dreamt ones at B '
            "and back at A. One row a session.</p>",
            f'<div class="row">{"".join(errands)}</div>',
        ]
    if films.long_play is not None:
        body += [
            "<h2>Long play</h2>",
            _figure(films.long_play, "png", "One row a session, time to the right."),
        ]
    body += ["<h2>All figures</h2>", tables(card)]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{world}: fidelity</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    ).encode()


def tables(card: str) -> str:
    """The card's Markdown as HTML: it has headings, tables and paragraphs, and nothing else."""
    parts: list[str] = []
    rows: list[list[str]] = []
    for line in [*card.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if any(cell.strip("-") for cell in cells):
                rows.append(cells)
            continue
        if rows:
            head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
            rest = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]
            )
            parts.append(f"<table><tr>{head}</tr>{rest}</table>")
            rows = []
        if line and not line.startswith("#"):
            parts.append(f"<p>{escape(line)}</p>")
    return "".join(parts)


def _tiles(report: Mapping[str, Any]) -> str:
    found = [("next frame", f"{report['next_frame_psnr']:.1f} dB")]
    horizons = list(report["rollout_psnr"])
    if horizons:
        found.append((f"after {horizons[-1]} frames", f"{report['rollout_psnr'][horizons[-1]]:.1f} dB"))
    if report["obedience"]:
        told = {**report["obedience"]["controls"], **report["obedience"]["motions"]}
        shares = [row["share"] for row in told.values() if row["share"] is not None]
        if shares:
            found.append(("obedience, of the ceiling", f"{100 * sum(shares) / len(shares):.0f} %"))
    if report["time_to_collapse"]:
        sessions = report["time_to_collapse"]["sessions"]
        alive = sum(session["cause"] == "alive" for session in sessions)
        minutes = report["time_to_collapse"]["minutes"]
        found.append((f"sessions alive after {minutes:g} min", f"{alive} of {len(sessions)}"))
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile"><b>{escape(value)}</b>{escape(name)}</div>' for name, value in found)
        + "</div>"
    )


def _fidelity(report: Mapping[str, Any]) -> str:
    interval = report["interval"]
    charts = [
        chart(title, unit, [line_of("world", interval[a]), line_of("repeating the last frame", interval[b])])
        for title, unit, a, b in (
            ("PSNR", "dB", "rollout_psnr", "repeat_psnr"),
            ("SSIM", "", "rollout_ssim", "repeat_ssim"),
        )
    ]
    charts.append(
        chart("Sharpness beside real frames", "ratio", [line_of("world", interval["sharpness_ratio"])])
    )
    if report["lpips"]:
        rows = report["lpips"]
        charts.append(
            chart("LPIPS", "", [line_of("world", rows["rollout"]), line_of("repeating", rows["repeat"])])
        )
    return "".join(charts)


def _obedience(found: Mapping[str, Any]) -> str:
    rows = [
        (name, row["world"], row["floor"], row["ceiling"])
        for kind in ("controls", "motions")
        for name, row in ((f"{n} seen" if kind == "motions" else n, r) for n, r in found[kind].items())
        if row["share"] is not None
    ]
    drawn = bars("Correlation of command and response (orange: ceiling, grey: floor)", rows)
    left = [name for name, row in found["controls"].items() if row["share"] is None]
    note = f'<p class="small">The reader cannot tell: {escape(", ".join(left))}.</p>' if left else ""
    return drawn + note


def _pose(found: Mapping[str, Any]) -> str:
    names = {
        "dreamt": "reader, dreamt",
        "repeat": "not moving",
        "real": "reader, real",
        "own": "own state",
    }
    return "".join(
        chart(
            f"Error of the {quantity}",
            views["unit"],
            [line_of(label, views[view]) for view, label in names.items()],
        )
        for quantity, views in found["pose"].items()
    )


def _figure(content: bytes, kind: str, caption: str) -> str:
    text = base64.b64encode(content).decode("ascii")
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{escape(caption)}" src="data:image/{kind};base64,{text}">{below}</figure>'

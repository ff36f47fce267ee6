"""The page: whole in itself, with pictures that open and figures that are those of the report."""

from __future__ import annotations

import base64
import io
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.evaluation import toy_board
from tests.evaluation.toy_board import CONTROLS, HISTORY, RATE_HZ, BoardModel
from worldsdk.evaluation.charts import Line, bars, chart
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.evaluate import Settings, evaluate
from worldsdk.evaluation.films import gather_films, webp
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.page import page, tables
from worldsdk.evaluation.report import to_json, to_markdown
from worldsdk.evaluation.truth import Instruments

Made = tuple[dict[str, Any], str, str]


@pytest.fixture(scope="module")
def made(lessons: HeldOut) -> Made:
    """Report, card and page of the board's own rules, evaluated with few windows."""
    heldout, model = toy_board.held_out(4, 100), BoardModel()
    dreamer = ModelDreamer(model, 1)
    starts = heldout.gather(heldout.places(3, HISTORY, 1), HISTORY, 1).context
    few = Settings(
        horizons=(1, 16, 48),
        next_windows=8,
        windows=24,
        sessions=2,
        minutes=0.05,
        reader_steps=30,
        tour_sessions=2,
        tour_s=3.0,
        returns=2,
    )
    kit = Instruments(lessons, CONTROLS)
    results = evaluate(dreamer, heldout, starts, few, RATE_HZ, None, kit)
    about = {"world": "bo<ard>", "data": {"game": "board", "frames": 400, "episodes": 4}, "provenance": {}}
    report = to_json(results, about)
    card = to_markdown(report, model.spec)
    return report, card, page(report, card, gather_films(dreamer, heldout, results)).decode()


def test_the_report_of_a_perfect_world_is_perfect(made: Made) -> None:
    report, card, _ = made
    assert report["obedience"]["windows"] == 24
    assert all(row["world"] == row["ceiling"] for row in report["obedience"]["motions"].values())
    geometry = report["geometry"]
    assert geometry["pose"]["place"]["own"]["48"]["mean"] == 0.0
    assert geometry["walls"]["world"]["off_ground"]["mean"] == 0.0 and "game" not in geometry["walls"]
    assert geometry["turn_and_return"]["60"]["world"]["recognised"] == 1.0
    assert geometry["returns"]["5"]["right"]["mean"] == 1.0 and geometry["returns"]["60"] is None
    loop = geometry["returns"]["closed_loop"]
    assert all(runs["world"]["right"]["mean"] == 1.0 and "game" not in runs for runs in loop.values())
    assert set(report["not_measured"]) == {"lpips", "fvd"}
    for words in (
        "Obedience:",
        "Driving into walls",
        "Frechet distance",
        "60 | not measured",
        "closed loop",
        "| strafe",
    ):
        assert words in card


def test_nothing_comes_from_elsewhere(made: Made) -> None:
    text = made[2]
    assert "<script" not in text and "url(" not in text and "@import" not in text
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "bo&lt;ard&gt;" in text and "bo<ard>" not in text


def test_every_picture_opens(made: Made) -> None:
    found = re.findall(r"data:image/(png|webp);base64,([A-Za-z0-9+/=]+)", made[2])
    frames = [getattr(Image.open(io.BytesIO(base64.b64decode(text))), "n_frames", 1) for _, text in found]
    kinds = [kind for kind, _ in found]
    # The strip, four tours, three errands and long play; four clips of 48 ticks, in which equal frames may
    # be drawn as one.
    assert kinds.count("png") == 9 and kinds.count("webp") == 4
    assert all(2 <= count <= 48 for count, kind in zip(frames, kinds, strict=True) if kind == "webp")


def test_every_chart_is_well_formed(made: Made) -> None:
    drawn = re.findall(r"<svg.*?</svg>", made[2], re.DOTALL)
    assert len(drawn) == 6
    for text in drawn:
        assert ElementTree.fromstring(text).tag == "svg"


def test_the_card_s_tables_become_tables() -> None:
    text = tables("# A title\n\nSome <b>words.\n\n| a | b |\n|---|---|\n| 1 | x & y |\n")
    assert text == (
        "<p>Some &lt;b&gt;words.</p><table><tr><th>a</th><th>b</th></tr>"
        "<tr><td>1</td><td>x &amp; y</td></tr></table>"
    )


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(1, 4096), st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=8)
)
def test_a_chart_keeps_its_lines_inside(values: dict[int, float]) -> None:
    text = chart(
        "A & B", "dB", [Line("one", {float(x): y for x, y in values.items()}, {}), Line("none", {}, {})]
    )
    drawn = ElementTree.fromstring(text)
    circles = [node for node in drawn if node.tag == "circle"]
    assert len(circles) == len(values)
    for node in circles:
        assert 0.0 <= float(node.attrib["cx"]) <= 460.0 and 0.0 <= float(node.attrib["cy"]) <= 260.0


def test_no_chart_of_nothing() -> None:
    assert chart("a", "", [Line("none", {}, {})]) == "" and bars("a", []) == ""
    assert "turn" in bars("a", [("turn", 0.5, -0.1, 0.9)])


def test_films_play_at_the_world_s_rate() -> None:
    film = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    picture = Image.open(io.BytesIO(webp(film, 8.0)))
    picture.load()
    assert picture.n_frames == 5 and picture.size == (16, 16)  # type: ignore[attr-defined]
    assert picture.info["duration"] == 125 and picture.info["loop"] == 0

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import InputScriptError
from worldsdk.play.script import InputScript, load_script, parse_script, wander

SPEC = ControlSpec(
    (
        Control("forward", keys={"KeyW": 1}),
        Control("turn", "axis", -8, 8, mouse=("x", 0.1)),
        Control("strafe_left"),
        Control("strafe_right"),
    )
)

entries = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "ticks": st.integers(1, 20),
            "controls": st.fixed_dictionaries(
                {}, optional={"forward": st.sampled_from([0, 1]), "turn": st.floats(-8, 8)}
            ),
        },
    ),
    min_size=1,
    max_size=12,
)


@given(entries)
def test_a_script_plays_tick_by_tick_what_it_says(data):
    script = parse_script(json.loads(json.dumps(data)), SPEC)
    expected = [SPEC.parse(e.get("controls", {})) for e in data for _ in range(e.get("ticks", 1))]
    assert script.length == len(expected)
    assert [script.at(index) for index in range(script.length)] == expected == list(script)
    assert script.at(script.length) == script.at(script.length + 99) == SPEC.rest


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"ticks": 3}, "dict, not a list"),
        ([], "no entries"),
        ([{}, 5], "entry 1: is 5"),
        ([{"tick": 5}], "entry 0: has unknown fields ['tick']"),
        ([{"ticks": 0}], "entry 0: ticks is 0"),
        ([{"ticks": True}], "ticks is True"),
        ([{"ticks": 2.5}], "ticks is 2.5"),
        ([{"controls": [1]}], "controls is [1]"),
        ([{}, {"controls": {"jump": 1}}], "entry 1: there is no control 'jump'"),
        ([{"controls": {"forward": 2}}], "control 'forward'"),
        ([{"controls": {"turn": "left"}}], "value is 'left'"),
        ([{"ticks": 10**9}], "lasts 1000000000 ticks"),
    ],
)
def test_a_bad_entry_is_refused_by_index(data, says):
    with pytest.raises(InputScriptError) as caught:
        parse_script(data, SPEC)
    assert says in str(caught.value)


def test_broken_json_is_refused_with_line_and_column(tmp_path):
    path = tmp_path / "walk.json"
    path.write_text('[\n  {"ticks": 1},\n  {"ticks" 2}\n]')
    with pytest.raises(InputScriptError, match="line 3 column 12"):
        load_script(path, SPEC)


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff\xfe[", "UTF-8"), (b"[" * 100_000, "nested too deeply")]
)
def test_odd_files_are_refused(tmp_path, content, says):
    path = tmp_path / "walk.json"
    path.write_bytes(content)
    with pytest.raises(InputScriptError, match=says):
        load_script(path, SPEC)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputScriptError, match=r"gone\.json"):
        load_script(tmp_path / "gone.json", SPEC)


def test_the_walk_about_walks_turns_both_ways_and_strafes():
    script = wander(SPEC, 700, 35.0)
    assert script.length == 700
    frames = list(script)
    walking = sum(c["forward"] for c in frames) / 700
    assert 0.4 < walking < 0.9
    assert min(c["turn"] for c in frames) < 0 < max(c["turn"] for c in frames)
    assert any(c["strafe_left"] for c in frames) and any(c["strafe_right"] for c in frames)


def test_button_worlds_turn_by_their_own_words():
    spec = ControlSpec(tuple(Control(name) for name in ("left", "right", "forward", "toggle")))
    frames = list(wander(spec, 200, 8.0))
    assert (
        any(c["left"] for c in frames)
        and any(c["right"] for c in frames)
        and any(c["forward"] for c in frames)
    )
    assert not any(c["left"] and c["right"] for c in frames)


def test_a_bare_left_is_a_step_where_turning_has_its_own_control():
    names = ("forward", "backward", "left", "right")
    spec = ControlSpec((*(Control(name) for name in names), Control("turn", "axis", -10, 10)))
    frames = list(wander(spec, 700, 35.0))
    turning = [c["turn"] for c in frames]
    assert min(turning) == -5 and max(turning) == 5
    assert 0 < sum(c["left"] for c in frames) < 100 and 0 < sum(c["right"] for c in frames) < 100
    assert not any(c["backward"] for c in frames)


def test_worlds_without_walking_have_everything_tried():
    spec = ControlSpec((Control("red"), Control("dial", "axis", -2, 5)))
    frames = list(wander(spec, 100, 10.0))
    assert any(c["red"] for c in frames) and any(c["dial"] == 5 for c in frames)


@given(st.integers(1, 400), st.floats(1, 120))
def test_the_walk_about_has_just_the_length_asked_for(ticks, rate):
    assert wander(SPEC, ticks, rate).length == ticks
    assert isinstance(wander(ControlSpec((Control("red"),)), ticks, rate), InputScript)

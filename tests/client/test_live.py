"""The server's clock, on the real server."""

import itertools

import pytest

import worldsdk
from worldsdk.errors import ControlError, NotAllowedError, SessionError


def test_frames_follow_one_another_and_controls_hold(url):
    with worldsdk.connect(url) as world, world.session(seed=3).realtime() as live:
        live.set_controls({"turn": 4.0})
        ticks = []
        for frame in live:
            ticks.append(frame.tick)
            if frame.controls["turn"] == 4.0 and len(ticks) >= 8:
                break
        assert ticks == sorted(set(ticks))
        assert 0.0 <= live.age_ms < 10_000
        assert live.statistics.summary()["ticks"] == len(ticks)
        assert live.quality.frames >= len(ticks) and live.quality.action_p50 > 0.0
        with pytest.raises(ControlError):
            live.set_controls({"jump": 1})


def test_a_lockstep_session_lends_its_world_to_the_clock(url):
    with worldsdk.connect(url) as world:
        session = world.session(seed=3)
        session.step({"forward": 1})
        with session.realtime(fps=70.0) as live:
            for _ in range(5):
                frame = live.tick({"turn": 2.0})
            assert frame.tick >= 5 and live.live is not session
        assert session.tick >= frame.tick
        before = session.tick
        assert session.step().tick == before + 1


def test_in_real_time_a_step_is_the_frame_its_input_went_into(url):
    with worldsdk.connect(url, mode="realtime") as world:
        session = world.session(seed=1)
        for _ in range(3):
            before = session.tick
            frame = session.step({"forward": 1})
            assert frame.tick > before and frame.controls["forward"] == 1.0


def test_commands_in_real_time(url):
    with worldsdk.connect(url, mode="realtime") as world:
        session = world.session(seed=1)
        session.step({"forward": 1})
        session.pause()
        assert session.paused
        stopped = session.rewind(0).tick
        assert session.rewind(1).tick == stopped - 1
        blob = session.snapshot()
        assert session.reset().tick == 0
        assert session.restore(blob).tick == stopped - 1
        session.set_speed(2.0)
        session.resume()
        assert not session.paused and session.step().tick >= stopped


def test_late_viewers_see_the_present_and_may_not_play(url):
    with worldsdk.connect(url, mode="realtime") as world:
        player = world.session(seed=1)
        player.step({"forward": 1})
        with worldsdk.connect(url, role="viewer", room=player.room) as seat:
            viewer = seat.session()
            assert viewer.tick >= player.tick - 2 and viewer.room == player.room
            with viewer.realtime() as live:
                seen = list(itertools.islice(live, 3))
            assert seen[-1].tick > seen[0].tick
            with pytest.raises(NotAllowedError):
                viewer.pause()
            with pytest.raises(SessionError, match="viewer"):
                seat.session(seed=3)


def test_two_players_hold_the_same_controls(url):
    with (
        worldsdk.connect(url, mode="realtime", room="shared") as one,
        worldsdk.connect(url, mode="realtime", room="shared") as two,
    ):
        first, second = one.session(), two.session()
        assert first.room == second.room == "shared"
        before = second.frame.state["heading"]
        first.step({"turn": 8.0})
        frames = (second.step() for _ in range(40))
        assert any(frame.state["heading"] != before for frame in frames)


def test_outside_the_block_there_is_no_clock(url):
    with worldsdk.connect(url) as world:
        session = world.session()
        with pytest.raises(SessionError, match="not running"):
            session.realtime().tick()
        with pytest.raises(SessionError, match="speed"):
            session.realtime(fps=1e6)


def test_listening_hears_every_frame(url):
    heard = []
    with worldsdk.connect(url, mode="realtime") as world:
        session = world.session(seed=2)
        session.listen(heard.append)
        for _ in range(4):
            session.step({"forward": 1})
        session.shown(session.frame)
        session.listen(None)
        assert session.connected and session.error is None
    seqs = [frame.wire.seq for frame in heard]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) and len(seqs) >= 4
    assert not session.connected

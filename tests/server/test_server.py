"""The server over real sockets: who gets in, what comes back, and in which order."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.faults.client import Client, Closed
from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.controls import ControlSpec
from worldsdk.protocol.messages import (
    Accepted,
    Ack,
    Applied,
    Bye,
    Command,
    ErrorMessage,
    Event,
    FrameMessage,
    GoAway,
    Input,
    Ping,
    Pong,
    ServerMessage,
    Welcome,
)
from worldsdk.runtime.world import World
from worldsdk.server.app import Server, serving
from worldsdk.server.options import MAX_CREDIT, ServeOptions
from worldsdk.server.replay import replay_on

STEPPER = {"role": "stepper", "mode": "lockstep"}
PLAYER = {"role": "player", "mode": "realtime"}
VIEWER = {"role": "viewer", "mode": "realtime"}


@pytest.fixture(scope="module")
def world() -> World:
    model = tiny_model()
    return World(tiny_manifest(rate_hz=50.0), model, tiny_starts(model.spec))


def served(world: World, test: Callable[[Server], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Runs ``test`` against a server of its own."""

    async def run() -> None:
        async with asyncio.timeout(60):
            async with serving(world, ServeOptions(**({"port": 0} | options))) as server:
                await test(server)

    asyncio.run(run())


class Asker(Client):
    """A client that gives commands."""

    asked = 0

    async def ask(self, name: str, **args: Any) -> Applied | ErrorMessage:
        """Gives a command and returns its last receipt; checks that ``accepted`` came before ``applied``."""
        self.asked += 1
        await self.send(Command(id=self.asked, name=name, args=args))
        accepted = False
        while True:
            message: ServerMessage = await self.receive()
            if isinstance(message, FrameMessage):
                await self.send(Ack(seq=message.seq))
            elif isinstance(message, Accepted):
                assert message.re == self.asked
                accepted = True
            elif isinstance(message, Applied) and message.re == self.asked:
                assert accepted
                return message
            elif isinstance(message, ErrorMessage) and message.re == self.asked:
                return message

    async def done(self, name: str, **args: Any) -> Applied:
        """As ``ask``, of a command that works."""
        reply = await self.ask(name, **args)
        assert isinstance(reply, Applied), reply
        return reply

    async def refused(self, name: str, **args: Any) -> str:
        """As ``ask``, of a command that does not: the error's code."""
        reply = await self.ask(name, **args)
        assert isinstance(reply, ErrorMessage), reply
        assert not reply.fatal
        return reply.code


async def stepper(server: Server, **fields: Any) -> Asker:
    """A stepper that has seen its first frame."""
    client = await Asker.join(server.port, **(STEPPER | fields))
    await client.frame()
    return client  # type: ignore[return-value]


async def player(server: Server, **fields: Any) -> Asker:
    return await Asker.join(server.port, **(PLAYER | fields))  # type: ignore[return-value]


# Coming in.


def test_the_welcome_is_all_that_a_client_needs(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server, codecs=("theora", "jpeg"), layers=("depth", "smell"), credit=60)
        welcome = client.welcome
        assert welcome is not None
        assert ControlSpec.from_json([dict(one) for one in welcome.controls]) == world.controls
        assert welcome.size == (16, 12)
        assert (welcome.codec, welcome.rate, welcome.credit) == ("jpeg", 50.0, MAX_CREDIT)
        assert welcome.budget_ms == pytest.approx(20.0)
        assert [layer["name"] for layer in welcome.layers] == ["depth"]
        assert [one["name"] for one in welcome.state] == ["x", "y", "heading"]
        assert welcome.state[2].get("cyclic")
        assert welcome.world["digest"] == world.digest
        assert welcome.starts == 3
        assert {"snapshot", "fork", "rewind", "reset", "start", "image_start"} <= set(welcome.capabilities)
        assert "record" not in welcome.capabilities
        assert welcome.commands["rewind"]["required"] == ["ticks"]
        assert welcome.limits["rewind_ticks"] == world.rewind_ticks
        assert welcome.resume
        assert not welcome.paused

    served(world, test)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"v": (7, 9)}, 4426),
        ({"role": "player", "mode": "lockstep"}, 4400),
        ({"role": "stepper", "mode": "realtime"}, 4400),
        ({"role": "viewer", "room": "nowhere"}, 4404),
        ({"role": "viewer"}, 4404),
        ({"resume": "never-given"}, 4410),
        ({"max_message": 1024, "codecs": ("raw_rgba",)}, 4413),
    ],
)
def test_who_cannot_be_served_is_told_why(world: World, fields: dict[str, Any], code: int) -> None:
    async def test(server: Server) -> None:
        client = await Client.open(server.port)
        await client.hello(**fields)
        closed, errors = await client.ending()
        assert closed == code
        assert [error.fatal for error in errors] == [True]
        assert server.status.sessions == 0

    served(world, test)


def test_a_visitor_who_says_nothing_is_sent_away(world: World) -> None:
    async def test(server: Server) -> None:
        client = await Client.open(server.port)
        code, errors = await client.ending()
        assert (code, errors[0].code) == (4408, "hello_timeout")

    served(world, test, hello_seconds=0.2)


def test_a_visitor_who_does_not_say_hello_first_is_sent_away(world: World) -> None:
    async def test(server: Server) -> None:
        client = await Client.open(server.port)
        await client.send(Ping(t0=1))
        assert (await client.ending())[0] == 4400

    served(world, test)


def test_places_are_limited_and_the_line_has_an_order(world: World) -> None:
    async def test(server: Server) -> None:
        first = await stepper(server)
        second = await Client.open(server.port)
        await second.hello(**STEPPER)
        code, errors = await second.ending()
        assert code == 4503
        assert errors[0].retry
        assert errors[0].position == 1
        assert errors[0].retry_after_ms
        await first.send(Bye())
        assert (await first.ending())[0] == 1000
        await stepper(server)

    served(world, test, max_sessions=1)


# Lockstep.


def test_lockstep_is_the_same_session_as_in_process(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, layers=("depth",))
        local = world.session()
        script = [{"forward": 1.0}, {"turn": -3.0}, {}, {"forward": 1.0, "turn": 8.0}]
        for controls in script:
            frame, expected = await client.step(**controls), local.step(controls)
            assert frame.data == expected.pixels.tobytes()
            assert frame.hash == expected.digest()
            assert (frame.tick, frame.state) == (expected.tick, dict(expected.state))
            assert frame.reward == pytest.approx(expected.reward)
            depth = np.frombuffer(frame.layers["depth"], "<u2").reshape(12, 16) / 65535.0
            assert np.abs(depth - np.clip(expected.layers["depth"], 0, 1)).max() < 1e-4
        await client.send(Input(seq=50, ts=1, ticks=5, controls={"forward": 1.0}))
        frame = await client.frame()
        rewards = [local.step({"forward": 1.0}).reward for _ in range(5)]
        assert (frame.tick, frame.hash) == (9, local.frame.digest())
        assert frame.reward == pytest.approx(sum(rewards))
        assert frame.ts == 1
        # The watchdog has looked at tick 8.
        assert frame.drift is not None and frame.drift >= 0.0

    served(world, test)


def test_lockstep_waits_for_credit(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, credit=2)
        for _ in range(5):
            await client.press(forward=1.0)
        frames = [await client.next(FrameMessage) for _ in range(2)]
        await client.send(Ping(t0=3))
        # Replies pass, frames do not.
        assert isinstance(await client.receive(), Pong)
        assert [frame.tick for frame in frames] == [1, 2]
        await client.send(Ack(seq=frames[-1].seq))
        frames = [await client.next(FrameMessage) for _ in range(2)]
        assert [frame.tick for frame in frames] == [3, 4]
        assert all(frame.replaced == 0 for frame in frames)

    served(world, test)


def test_duplicates_and_older_inputs_take_no_tick(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        for seq in (3, 3, 2, 4):
            await client.send(Input(seq=seq, ts=0))
        assert [(await client.frame()).applied for _ in range(2)] == [3, 4]
        assert (await client.done("pause")).tick == 2

    served(world, test)


def test_an_unknown_control_is_refused_and_takes_no_tick(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.press(fly=1.0)
        error = await client.next(ErrorMessage)
        assert (error.code, error.fatal) == ("control_invalid", False)
        assert (await client.step(forward=1.0)).tick == 1

    served(world, test)


# Real time.


def test_real_time_follows_the_servers_clock(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        frames = [await client.frame() for _ in range(25)]
        numbers = [frame.seq for frame in frames]
        assert numbers == list(range(1, 26))
        seconds = (frames[-1].pts - frames[5].pts) / 1e6
        ticks = frames[-1].tick - frames[5].tick
        assert seconds >= (ticks - 1) / 50.0 * 0.9
        seq = await client.press(turn=4.0)
        shown = await client.see(seq)
        assert shown.ts == seq * 1000
        assert shown.queue_ms >= 0.0
        assert shown.total_ms > 0.0
        assert set(shown.stages) >= {"denoise"}

    served(world, test)


def test_a_press_shorter_than_a_tick_is_not_lost(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        before = (await client.frame()).state["heading"]
        await client.press(turn=5.0)
        seq = await client.press()
        after = (await client.see(seq)).state["heading"]
        assert (after - before) % 360.0 == pytest.approx(5.0, abs=0.01)

    served(world, test)


def test_frames_that_were_not_acknowledged_in_time_are_replaced_and_counted(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server, credit=1)
        first = await client.next(FrameMessage)
        await asyncio.sleep(0.3)
        await client.send(Ack(seq=first.seq))
        second = await client.next(FrameMessage)
        assert second.seq == first.seq + 1
        assert second.replaced == second.tick - first.tick - 1 > 3

    served(world, test)


def test_two_players_share_one_world(world: World) -> None:
    async def test(server: Server) -> None:
        one = await player(server, room="arena")
        two = await player(server, room="arena")
        assert one.welcome is not None and two.welcome is not None
        assert one.welcome.session == two.welcome.session
        start = await one.frame()
        async with two.reading():
            await two.press(turn=2.0)
            seq = await one.press(forward=1.0)
            frame = await one.see(seq)
            for _ in range(4):
                frame = await one.frame()
        assert frame.state["heading"] != start.state["heading"]
        assert frame.state["x"] != start.state["x"]
        assert server.status.sessions == 1

    served(world, test)


def test_a_late_viewer_sees_the_present_at_once_and_may_only_look(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, room="lab")
        for _ in range(3):
            await client.step(forward=1.0)
        viewer = await Asker.join(server.port, **VIEWER, room="lab", codecs=("png",))
        frame = await viewer.frame()
        assert (frame.tick, frame.key, frame.codec, frame.applied) == (3, True, "png", 0)
        assert viewer.welcome is not None
        assert (viewer.welcome.resume, viewer.welcome.commands) == ("", {})
        with Image.open(io.BytesIO(frame.data)) as image:
            pixels = np.asarray(image.convert("RGB"))
        assert pixels.tobytes() == client.frames[-1].data
        await viewer.send(Input(seq=1, ts=1))
        assert (await viewer.next(ErrorMessage)).code == "not_allowed"
        assert await viewer.refused("reset") == "not_allowed"  # type: ignore[attr-defined]
        event = await client.next(Event)
        assert (event.name, event.data) == ("viewers", {"count": 1})
        await client.step()
        assert (await viewer.frame()).tick == 4

    served(world, test)


def test_a_stalled_viewer_costs_the_player_nothing_and_is_sent_away(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server, room="stage")
        viewers = [await Client.join(server.port, **VIEWER, room="stage") for _ in range(3)]
        # No viewer acknowledges anything.
        frames = [await client.frame() for _ in range(60)]
        # A busy machine may make this one reader miss some, too; waiting for the others would make it most.
        assert sum(frame.replaced for frame in frames) < len(frames)
        code, errors = await viewers[0].ending()
        assert (code, errors[-1].code) == (4504, "slow_client")
        assert sum(1 for frame in viewers[0].frames) == 2

    served(world, test, slow_seconds=0.8)


def test_h264_comes_where_it_is_asked_for(world: World) -> None:
    async def test(server: Server) -> None:
        import av

        client = await player(server, codecs=("h264", "raw_rgb"))
        frames = [await client.frame() for _ in range(8)]
        assert [frame.key for frame in frames] == [True] + [False] * 7
        decoder: Any = av.CodecContext.create("h264", "r")
        seen = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
        seen += decoder.decode(None)
        assert len(seen) == 8
        assert (seen[0].width, seen[0].height) == (16, 12)

    served(world, test)


# Commands.


def test_snapshot_and_restore_go_back_exactly(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.step(forward=1.0)
        blob = (await client.done("snapshot")).result["snapshot"]
        expected = [(await client.step(turn=3.0)).hash for _ in range(3)]
        assert (await client.done("restore", snapshot=blob)).tick == 1
        present = await client.frame()
        assert (present.tick, present.key, present.applied) == (1, True, 0)
        assert [(await client.step(turn=3.0)).hash for _ in range(3)] == expected
        assert await client.refused("restore", snapshot=b"rubbish") == "snapshot_invalid"
        assert await client.refused("restore", snapshot=blob[:-1]) == "snapshot_checksum"
        assert (await client.step()).tick == 5

    served(world, test)


def test_rewind_and_reset_show_the_new_present_even_while_paused(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        async with client.reading():
            await asyncio.sleep(0.2)
        paused = await client.done("pause")
        assert (await client.done("rewind", ticks=3)).tick == paused.tick - 3
        assert (await client.frame()).tick == paused.tick - 3
        assert (await client.done("reset", seed=5, start=2)).result == {"seed": 5, "start": 2}
        frame = await client.frame()
        assert frame.tick == 0
        assert frame.data == world.session(5, 2).frame.pixels.tobytes()
        assert await client.refused("rewind", ticks=1) == "session_invalid"
        assert await client.refused("reset", start=99) == "session_invalid"
        assert (await client.done("resume")).tick == 0
        assert (await client.frame()).tick == 1

    served(world, test)


def test_start_takes_a_seed_a_place_or_a_picture(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        assert (await client.done("start", seed=4, start=1)).result == {"seed": 4, "start": 1}
        await client.frame()
        local = world.session(4, 1)
        assert (await client.step(forward=1.0)).hash == local.step({"forward": 1.0}).digest()
        pixels = np.tile(np.arange(16, dtype=np.uint8)[None, :, None] * 9, (12, 1, 3))
        sink = io.BytesIO()
        Image.fromarray(pixels).save(sink, "PNG")
        assert (await client.done("start", seed=6, image=sink.getvalue())).result == {"seed": 6}
        assert (await client.frame()).data == pixels.tobytes()
        local = world.session(6, frames=np.repeat(pixels[None], 3, 0))
        assert (await client.step()).hash == local.step().digest()
        assert await client.refused("start", image=b"GIF89a") == "image_invalid"
        assert await client.refused("start", seed=1, start=77) == "session_invalid"
        assert await client.refused("start", frames=[sink.getvalue()] * 4) == "session_invalid"
        await client.done("start", frames=[sink.getvalue()] * 2)

    served(world, test)


def test_observed_pictures_become_the_present(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        pixels = np.full((12, 16, 3), 99, dtype=np.uint8)
        assert (await client.done("observe", pixels=pixels.tobytes(), controls={"forward": 1.0})).tick == 1
        assert (await client.frame()).data == pixels.tobytes()
        local = world.session()
        local.observe(pixels, {"forward": 1.0})
        assert (await client.step()).hash == local.step().digest()
        assert await client.refused("observe", pixels=b"short") == "image_invalid"
        assert (
            await client.refused("observe", pixels=pixels.tobytes(), controls={"fly": 1}) == "control_invalid"
        )
        assert await client.refused("observe") == "bad_message"

    served(world, test)


def test_state_variables_are_set_between_two_ticks(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        assert [entry["name"] for entry in client.welcome.state if entry.get("settable")] == ["x", "heading"]
        await client.step(forward=1.0)
        assert (await client.done("state", values={"x": -50.0, "heading": 450.0})).tick == 1
        # Nothing is shown before the next tick; what is refused changes nothing.
        for values in ({"y": 1.0}, {"x": 1e6}, {"x": 3.0, "nowhere": 1.0}):
            assert await client.refused("state", values=values) == "variable_invalid"
        assert await client.refused("state", values={"x": "far"}) == "bad_message"
        assert await client.refused("state") == "bad_message"
        frame = await client.step(forward=1.0)
        local = world.session()
        local.step({"forward": 1.0})
        local.set_state({"x": -50.0, "heading": 90.0})
        assert frame.hash == local.step({"forward": 1.0}).digest()
        assert frame.tick == 2
        assert frame.state["x"] == pytest.approx(-50.0, abs=0.01)
        assert frame.state["heading"] == 90.0

    served(world, test)


def test_state_variables_are_set_in_real_time(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        await client.done("pause")
        tick = (await client.done("state", values={"x": 77.0})).tick
        await client.done("resume")
        frame = await client.frame()
        while frame.tick <= tick:
            frame = await client.frame()
        assert frame.state["x"] == pytest.approx(77.0)

    served(world, test)


def test_a_world_that_lets_nothing_be_set_does_not_offer_it() -> None:
    manifest = tiny_manifest()
    model = tiny_model(**manifest.config)
    model.spec = replace(model.spec, settable=())
    deaf = World(manifest, model, tiny_starts(model.spec))

    async def test(server: Server) -> None:
        client = await stepper(server)
        assert "state" not in client.welcome.capabilities
        assert "state" not in client.welcome.commands
        assert not any("settable" in entry for entry in client.welcome.state)
        assert await client.refused("state", values={"x": 1.0}) == "not_capable"

    served(deaf, test)


def test_a_fork_is_a_world_of_its_own(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.step(forward=1.0)
        result = (await client.done("fork")).result
        twin = await Asker.join(server.port, **STEPPER, resume=result["resume"])
        assert twin.welcome is not None and client.welcome is not None
        assert (twin.welcome.room, twin.welcome.session) == (result["room"], result["session"])
        assert twin.welcome.session != client.welcome.session
        assert (await twin.frame()).tick == 1
        left, right = await client.step(turn=5.0), await twin.step(turn=5.0)
        assert left.hash == right.hash
        assert (await twin.step(turn=-5.0)).hash != (await client.step(turn=5.0)).hash
        assert await twin.refused("rewind", ticks=99) == "session_invalid"  # type: ignore[attr-defined]

    served(world, test)


def test_a_fork_nobody_takes_up_is_given_up(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        token = (await client.done("fork")).result["resume"]
        assert server.status.sessions == 2
        while server.status.sessions == 2:
            await asyncio.sleep(0.02)
        late = await Client.open(server.port)
        await late.hello(**STEPPER, resume=token)
        assert (await late.ending())[0] == 4410

    served(world, test, resume_seconds=0.2)


def test_quality_changes_what_comes_next(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        reply = await client.done("quality", steps=4, codec="png", credit=5, hash=False)
        assert reply.result == {"steps": 4, "codec": "png", "jpeg_quality": 90, "credit": 5, "hash": False}
        frame = await client.step()
        assert (frame.codec, frame.steps, frame.hash) == ("png", 4, "")
        assert await client.refused("quality", steps=9) == "session_invalid"
        assert await client.refused("quality", codec="theora") == "not_capable"

    served(world, test)


def test_speed_and_pause_are_told_to_everybody(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server, room="gym")
        viewer = await Client.join(server.port, **VIEWER, room="gym")

        async def news(name: str) -> Event:
            while (event := await viewer.next(Event)).name != name:
                pass
            return event

        async with client.reading():
            await asyncio.sleep(0.05)
        await client.done("speed", factor=0.5)
        assert (await news("speed")).data == {"factor": 0.5}
        await client.done("pause")
        await news("paused")
        await client.done("resume")
        await news("resumed")
        assert await client.refused("speed", factor=100.0) == "bad_message"

    served(world, test)


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("fly", {}, "unknown_command"),
        ("rewind", {}, "bad_message"),
        ("rewind", {"ticks": -1}, "bad_message"),
        ("speed", {"factor": 2.0}, "not_capable"),
        ("record", {"on": True}, "not_capable"),
        ("prompt", {"text": "a castle"}, "not_capable"),
        ("anchor", {"image": b"x"}, "not_capable"),
    ],
)
def test_every_command_is_answered(world: World, name: str, args: dict[str, Any], code: str) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        assert await client.refused(name, **args) == code
        assert (await client.step()).tick == 1

    served(world, test)


def test_commands_and_inputs_keep_their_order(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, credit=4)
        await client.press(forward=1.0)
        await client.send(Command(id=1, name="reset", args={"seed": 3}))
        await client.press(forward=1.0)
        frames = [await client.frame() for _ in range(3)]
        assert [(frame.tick, frame.applied) for frame in frames] == [(1, 1), (0, 0), (1, 2)]
        local = world.session(3)
        assert frames[2].hash == local.step({"forward": 1.0}).digest()

    served(world, test)


def test_an_answer_that_is_too_large_is_an_error(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, max_message=8192)
        assert await client.refused("snapshot") == "too_large"

    served(world, test)


# Coming back.


def test_a_dropped_player_goes_on_where_it_was(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        seq = await client.press(forward=1.0)
        await client.see(seq)
        client.abort()
        assert client.welcome is not None
        while any(room.players for room in server.lobby.rooms.values()):  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        back = await player(server, resume=client.welcome.resume)
        assert back.welcome is not None
        assert (back.welcome.session, back.welcome.held_seq) == (client.welcome.session, seq)
        assert back.welcome.resume != client.welcome.resume
        frame = await back.frame()
        assert frame.key
        # The world stood still meanwhile.
        assert frame.tick - client.frames[-1].tick < 10
        assert (await back.frame()).tick == frame.tick + 1

    served(world, test)


def test_a_resumed_stepper_learns_what_became_of_its_last_input(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.step(forward=1.0)
        await client.press(turn=2.0)
        frame = await client.next(FrameMessage)
        client.abort()
        assert client.welcome is not None
        back = await Asker.join(server.port, **STEPPER, resume=client.welcome.resume)
        assert back.welcome is not None
        assert back.welcome.held_seq == 2
        again = await back.frame()
        assert (again.tick, again.applied, again.hash) == (frame.tick, 2, frame.hash)
        assert (await back.step()).tick == 3

    served(world, test)


def test_a_resume_token_works_once(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        assert client.welcome is not None
        token = client.welcome.resume
        back = await Asker.join(server.port, **STEPPER, resume=token)
        # The connection before, if it still stood, is told that its seat is taken.
        assert (await client.ending())[0] == 4409
        thief = await Client.open(server.port)
        await thief.hello(**STEPPER, resume=token)
        assert (await thief.ending())[0] == 4409
        await back.frame()
        assert (await back.step()).tick == 1

    served(world, test)


def test_bye_frees_the_place_at_once(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.send(Bye(reason="done"))
        assert (await client.ending())[0] == 1000
        assert server.status.sessions == 0

    served(world, test)


# Ends.


def test_a_model_error_ends_one_session_with_its_code(world: World) -> None:
    async def test(server: Server) -> None:
        victim, other = await player(server, room="doomed"), await stepper(server)
        viewer = await Client.join(server.port, **VIEWER, room="doomed")
        await victim.press(poison=1.0)
        for client in (victim, viewer):
            code, errors = await client.ending()
            assert (code, errors[-1].code) == (4501, "session_failed")
            assert "Traceback" not in errors[-1].message
        assert (await other.step()).tick == 1
        assert server.status.sessions == 1

    served(world, test)


def test_viewers_are_told_when_the_last_player_has_left(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server, room="brief")
        viewer = await Client.join(server.port, **VIEWER, room="brief")
        await client.send(Bye())
        assert (await viewer.ending())[0] == 4410

    served(world, test)


def test_who_says_nothing_for_long_is_idle(world: World) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        code, errors = await client.ending()
        assert (code, errors[-1].code) == (4505, "idle")

    served(world, test, idle_seconds=0.3, slow_seconds=60.0)


def test_a_session_has_its_time(world: World) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        assert client.welcome is not None
        assert client.welcome.limits["session_seconds"] == pytest.approx(0.3, abs=0.1)
        assert (await client.ending())[0] == 4410
        back = await Client.open(server.port)
        await back.hello(**STEPPER, resume=client.welcome.resume)
        assert (await back.ending())[0] == 4410

    served(world, test, session_seconds=0.3)


def test_a_server_that_leaves_says_goodbye_and_delivers_what_is_in_flight(world: World) -> None:
    async def run() -> None:
        async with serving(world, ServeOptions(port=0)) as server:
            client = await player(server)
            await client.frame()
            stopping = asyncio.ensure_future(server.stop("maintenance"))
            goaway = await client.next(GoAway)
            assert (goaway.action, goaway.reason) == ("reconnect", "maintenance")
            code, _ = await client.ending()
            assert code == 1001
            await stopping
            with pytest.raises((OSError, Closed)):
                await Client.join(server.port)

    asyncio.run(asyncio.wait_for(run(), 30))


def test_an_address_that_is_taken_is_said_so(world: World) -> None:
    from worldsdk.errors import ServeError

    async def test(server: Server) -> None:
        with pytest.raises(ServeError, match="cannot listen"):
            await Server(world, ServeOptions(port=server.port)).start()

    served(world, test)


# Records.


def test_recorded_sessions_can_be_made_again(world: World, tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        client = await stepper(server)
        await client.step(forward=1.0)
        name = (await client.done("record", on=True)).result["name"]
        assert "/" not in name
        for turn in (1.0, 2.0, 3.0):
            await client.step(turn=turn)
        await client.done("rewind", ticks=2)
        await client.frame()
        await client.step(forward=1.0)
        await client.done("quality", steps=1)
        await client.step(forward=1.0)
        await client.done("observe", pixels=bytes(12 * 16 * 3))
        await client.frame()
        await client.done("reset", seed=8)
        await client.frame()
        await client.step()
        assert (await client.done("record", on=False)).result["name"] == name
        await client.step()

    served(world, test, record_dir=tmp_path)
    (path,) = tmp_path.iterdir()
    report = replay_on(world, path)
    assert report.first is None
    assert report.ticks == 10


def test_every_session_is_recorded_where_that_is_asked_for(world: World, tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        client = await player(server)
        for _ in range(10):
            await client.frame()

    served(world, test, record_dir=tmp_path, record_all=True)
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text().splitlines()[0])["mode"] == "realtime"
    report = replay_on(world, path)
    assert report.first is None
    assert report.ticks >= 9


def test_the_first_message_of_a_connection_is_the_welcome(world: World) -> None:
    async def test(server: Server) -> None:
        await player(server, room="busy")
        for _ in range(5):
            client = await Client.open(server.port)
            await client.hello(**VIEWER, room="busy")
            assert isinstance(await client.receive(), Welcome)
            assert isinstance(await client.receive(), FrameMessage)

    served(world, test)


def test_frames_that_do_not_fit_are_told() -> None:
    """How large a PNG gets nobody knows before: of noise, larger than its raw pixels."""
    model = tiny_model(height=48, width=64)
    noisy = World(tiny_manifest(), model, tiny_starts(model.spec))

    async def test(server: Server) -> None:
        limits = {"codecs": ("png",), "max_message": 8192}
        client = await Client.join(server.port, **(PLAYER | limits))
        event = await client.next(Event)
        assert (event.name, event.data["code"]) == ("warning", "too_large")
        agent = await Client.open(server.port)
        await agent.hello(**(STEPPER | limits))
        code, errors = await agent.ending()
        assert (code, errors[-1].code) == (4413, "too_large")

    served(noisy, test)


def test_a_client_that_cannot_take_the_welcome_keeps_no_place(world: World) -> None:
    async def test(server: Server) -> None:
        client = await Client.open(server.port)
        await client.hello(**STEPPER, max_message=1024, codecs=("png",))
        code, errors = await client.ending()
        assert (code, errors[-1].code) == (4413, "too_large")
        assert server.status.sessions == 0

    served(world, test)

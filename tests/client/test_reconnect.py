"""What the client does when connections end, against a server that does what the test says."""

import pytest

import worldsdk
from tests.client.served import faking
from worldsdk.client.clock import MonotonicClock
from worldsdk.errors import (
    ConnectionFailedError,
    ConnectionLostError,
    ConnectionTimeoutError,
    ForbiddenError,
    RemoteError,
    SessionError,
)
from worldsdk.protocol.codec import encode
from worldsdk.protocol.messages import ErrorMessage, GoAway


class Impatient(MonotonicClock):
    """Sleeps by moving its hands; keeps what was slept."""

    def __init__(self):
        self.slept = []

    def seconds(self):
        return super().seconds() + sum(self.slept)

    def sleep(self, seconds):
        self.slept.append(seconds)


def connect(fake, **options):
    return worldsdk.connect(fake.url, **({"clock": Impatient()} | options))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_input_is_taken_exactly_once(moment):
    lost = []
    with faking(hang_up={3: moment}) as fake:
        with connect(fake, on_disconnect=lambda error, attempt: lost.append((error, attempt))) as world:
            session = world.session()
            assert [session.step({"forward": 1}).tick for _ in range(5)] == [1, 2, 3, 4, 5]
            assert session.quality.reconnects == 1 and lost == [(None, 1)]
        assert [hello.resume for hello in fake.hellos] == [None, "token 1"]
        taken = [message.seq for message in fake.inputs]
        assert taken == ([1, 2, 3, 3, 4, 5] if moment == "before" else [1, 2, 3, 4, 5])


def test_tokens_rotate_with_every_connection():
    made = iter(["first", "second", "third"])
    with faking(hang_up={1: "after", 2: "after"}) as fake, connect(fake, token=lambda: next(made)) as world:
        session = world.session()
        session.step()
        session.step()
    assert [hello.resume for hello in fake.hellos] == [None, "token 1", "token 2"]
    assert [hello.token for hello in fake.hellos] == ["first", "second", "third"]


def test_waits_grow_and_the_link_gives_up_in_the_end():
    clock = Impatient()
    with faking(hang_up={1: "before"}) as fake:
        world = connect(fake, clock=clock, reconnect_seconds=20.0)
        session = world.session()
        fake.first = [ErrorMessage(code="no_capacity", message="full", retry=True, fatal=True)] * 50
        with pytest.raises(ConnectionLostError, match="full"):
            session.step()
        assert 4 <= len(clock.slept) <= 12 and 10.0 < sum(clock.slept) <= 20.0
        assert clock.slept[0] < 0.3 and max(clock.slept) == pytest.approx(5.0, rel=0.3)
        # Once given up, every call says so at once.
        hellos = len(fake.hellos)
        with pytest.raises(ConnectionLostError):
            session.step()
        assert len(fake.hellos) == hellos
        world.close()


def test_the_wait_that_a_server_asks_for_is_kept():
    clock = Impatient()
    with faking(hang_up={1: "before"}) as fake, connect(fake, clock=clock, reconnect_seconds=60.0) as world:
        session = world.session()
        refused = ErrorMessage(
            code="no_capacity", message="full", retry=True, fatal=True, retry_after_ms=7_000, position=2
        )
        fake.first = [refused]
        assert session.step().tick == 1
        assert clock.slept[0] < 1.0 and clock.slept[1] >= 7.0


def test_a_hook_may_give_up():
    with faking(hang_up={1: "before"}) as fake:
        world = connect(fake, on_disconnect=lambda error, attempt: False)
        with pytest.raises(ConnectionLostError):
            world.session().step()
        assert len(fake.hellos) == 1
        world.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [(4403, ForbiddenError), (4409, RemoteError), (4410, RemoteError), (1000, ConnectionLostError)],
)
def test_an_end_that_is_final_is_not_tried_again(code, kind):
    with faking(hang_up={1: code}) as fake:
        world = connect(fake)
        with pytest.raises(kind):
            world.session().step()
        assert len(fake.hellos) == 1
        world.close()


def test_without_a_token_there_is_no_way_back():
    with faking(hang_up={1: "before"}, resumable=False) as fake:
        world = connect(fake)
        with pytest.raises(ConnectionLostError, match="no token"):
            world.session().step()
        world.close()


@pytest.mark.parametrize("action", ["resume", "reconnect", "stop"])
def test_what_goaway_says_is_done(action):
    goaway = encode(GoAway(action=action, reason="moving house", in_ms=0))
    with faking(hang_up={1: 1001}, extra=goaway) as fake:
        world = connect(fake)
        session = world.session()
        if action == "resume":
            assert session.step().tick == 1 and fake.hellos[1].resume == "token 1"
        else:
            with pytest.raises(ConnectionLostError, match="moving house"):
                session.step()
        world.close()


def test_repeatable_commands_are_asked_again_and_others_are_not():
    with faking(drop_commands={"snapshot", "rewind"}) as fake, connect(fake) as world:
        session = world.session()
        for _ in range(3):
            session.step()
        assert session.snapshot() == b"tick 3"
        with pytest.raises(ConnectionLostError, match="may or may not"):
            session.rewind(1)
        assert session.rewind(1).tick == 2
        assert fake.commands.count("snapshot") == 2 and fake.commands.count("rewind") == 2


def test_a_refused_hello_is_its_own_error():
    refused = ErrorMessage(code="forbidden", message="not this room\x1b[31m", retry=False, fatal=True)
    with faking(first=[refused]) as fake, pytest.raises(ForbiddenError) as caught:
        connect(fake)
    assert "not this room" in caught.value.what and "\x1b" not in str(caught.value)


def test_codes_without_a_class_are_kept():
    refused = ErrorMessage(code="moon_phase", message="wait", retry=False, fatal=True)
    with faking(first=[refused]) as fake, pytest.raises(RemoteError) as caught:
        connect(fake)
    assert caught.value.code == "moon_phase" and str(caught.value).endswith("[moon_phase]")
    assert RemoteError.code == "remote_error"


def test_nobody_there_names_the_cure():
    with pytest.raises(ConnectionFailedError, match="worldsdk serve"):
        worldsdk.connect("ws://127.0.0.1:1")


def test_a_server_that_never_welcomes_is_given_up():
    with faking(mute=True) as fake, pytest.raises(ConnectionTimeoutError, match="welcome"):
        connect(fake, open_seconds=0.2)


def test_a_server_that_falls_silent_is_noticed():
    with faking() as fake:
        world = connect(fake, silence_seconds=0.1, reconnect_seconds=0.0)
        session = world.session()
        fake.silent = True
        with pytest.raises(ConnectionLostError, match="silent"):
            session.step()
        world.close()


def test_an_answer_that_takes_too_long_is_an_error_and_the_session_goes_on():
    with faking() as fake, connect(fake, answer_seconds=0.2) as world:
        session = world.session()
        fake.silent = True
        with pytest.raises(ConnectionTimeoutError, match="frame"):
            session.step()
        fake.silent = False
        # The late answer is not taken for the next one: each frame says which input is in it.
        assert session.step().wire.applied == 2


def test_messages_of_a_newer_server_are_passed_over():
    import msgpack

    with faking(extra=msgpack.packb({"t": "weather", "rain": 1})) as fake, connect(fake) as world:
        assert world.session().step().tick == 1


@pytest.mark.parametrize(
    "junk", [b"\xc1", b"\x01", b"", encode(GoAway(action="stop", reason="", in_ms=0))[:-3]]
)
def test_junk_from_a_server_ends_the_session_with_a_documented_error(junk):
    with faking(extra=junk) as fake:
        world = connect(fake)
        with pytest.raises(worldsdk.WorldSDKError) as caught:
            session = world.session()
            session.step()
        assert caught.value.code == "bad_message"
        world.close()


def test_a_server_that_greets_with_no_frame_is_forgiven(monkeypatch):
    monkeypatch.setattr("worldsdk.client.link.FIRST_FRAME_SECONDS", 0.05)
    with faking(greet=False) as fake, worldsdk.connect(fake.url, room="den") as world:
        session = world.session()
        with pytest.raises(SessionError, match="no frame yet"):
            _ = session.frame
        assert session.tick == 0 and session.step().tick == 1
        assert fake.hellos[0].room == "den" and fake.commands == []


def test_messages_too_long_for_the_server_are_refused_here():
    with faking() as fake, connect(fake) as world, pytest.raises(SessionError, match=r"up to 3840"):
        world.session().restore(bytes(5000))

"""Feeds of a tiny world, here and on a server; everything that differs between the two is not for engines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from tests.client.served import serving_world
from tests.play.conftest import make_world
from worldsdk.engines import Feed, connect
from worldsdk.engines.local import LocalFeed

PATIENCE_SECONDS = 60.0
FPS = 100.0
Make = Callable[..., Feed]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny pictures gain nothing from threads, and on a busy machine threads wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of a real server of the tiny world."""
    with serving_world(make_world()) as url:
        yield url


@pytest.fixture
def patient() -> Iterator[str]:
    """Of a server whose world stands still unless a control is touched.

    Its own for each test: whoever played in the last one has a place kept for a while, and an engine that
    draws without a GPU makes places few.
    """
    with serving_world(make_world(idle="pause")) as url:
        yield url


@pytest.fixture(params=["here", "server"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes feeds, and closes them."""
    feeds: list[Feed] = []

    def made(**options: Any) -> Feed:
        if request.param == "here":
            feed: Feed = LocalFeed(make_world().session(seed=options.pop("seed", 3)), fps=FPS, **options)
        else:
            feed = connect(request.getfixturevalue("address"), seed=options.pop("seed", 3), **options)
        feeds.append(feed)
        return feed

    yield made
    for feed in feeds:
        feed.close()


def until(feed: Feed, condition: Callable[[], object], what: str) -> None:
    """Goes on as an engine would until something is so."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, f"never saw {what}; {feed.frame.tick=} {feed.error=}"
        feed.update()
        time.sleep(0.002)


QUIET_TURNS = 100


def settled(feed: Feed) -> int:
    """Pauses, waits until no more pictures come, and returns the tick where the world stands.

    By turns, not by the clock: where this process waits for its turn, so does a server on one of its threads.
    """
    feed.pause().result(PATIENCE_SECONDS)
    quiet = 0
    while quiet < QUIET_TURNS:
        quiet = 0 if feed.update() is not None else quiet + 1
        time.sleep(0.003)
    return feed.frame.tick

"""Memories of sessions that were stepped in one pass, left as they lie until somebody asks for one.

A pass over many sessions begins with joining their memories and ends with taking them apart, each time a copy
of all of them. Sessions that are stepped together again and again need neither.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import torch

from worldsdk.models.interface import State


class Share:
    """One session's part of a pool: row ``index`` of it."""

    __slots__ = ("__weakref__", "_index", "_own", "_pool")

    def __init__(self, pool: _Pool, index: int) -> None:
        self._pool: _Pool | None = pool
        self._index = index
        self._own: State | None = None

    def own(self) -> State:
        """A memory of this session's own, a batch of one, which keeps no other alive."""
        if self._own is None:
            assert self._pool is not None
            self._own = {name: part.clone() for name, part in self.view().items()}
            self._pool = None
        return self._own

    def view(self) -> State:
        """The same without a copy, for now."""
        if self._own is not None:
            return self._own
        assert self._pool is not None
        return {name: tensor[self._index : self._index + 1] for name, tensor in self._pool.state.items()}


class _Pool:
    """What a pass left behind for all of its sessions."""

    def __init__(self, state: State, count: int) -> None:
        self.state = state
        self.count = count
        self.shares: list[weakref.ref[Share]] = []

    def part_with(self, leaving: set[int]) -> None:
        """Some go on without the others, by ``id``: those take what is theirs, so that the rest can go."""
        for one in self.shares:
            share = one()
            if share is not None and id(share) not in leaving:
                share.own()


def share_out(state: State, count: int) -> list[Share]:
    """One share for each row of a pass's memories."""
    pool = _Pool(state, count)
    shares = [Share(pool, index) for index in range(count)]
    pool.shares = [weakref.ref(share) for share in shares]
    return shares


def own(memory: State | Share) -> State:
    """A batch of one, whichever it is."""
    return memory.own() if isinstance(memory, Share) else memory


def join(memories: Sequence[State | Share]) -> State:
    """One batch of all of them, in order; the pool itself where they are all that is in it, as they lie."""
    if len(memories) == 1:
        return own(memories[0])
    pools = {one._pool for one in memories if isinstance(one, Share) and one._pool is not None}
    if len(pools) == 1:
        (pool,) = pools
        assert pool is not None
        in_place = [one._index if isinstance(one, Share) and one._pool is pool else -1 for one in memories]
        if in_place == list(range(pool.count)):
            return pool.state
    leaving = {id(one) for one in memories}
    for pool in pools:
        assert pool is not None
        pool.part_with(leaving)
    states = [one.view() if isinstance(one, Share) else one for one in memories]
    return {name: torch.cat([state[name] for state in states]) for name in states[0]}

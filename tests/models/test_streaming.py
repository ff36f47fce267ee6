"""Groups of weights: which are read when, which stay, and where they lie."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from worldsdk.errors import DeviceError
from worldsdk.models.footprint import model_bytes, state_bytes
from worldsdk.models.interface import Group
from worldsdk.models.streaming import ALIGNMENT, ROOM, Held, Pool, Streamed, stream

CPU = torch.device("cpu")


class Tower(nn.Module):
    """Linear layers one after another."""

    def __init__(self, count: int = 4, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x).tanh()
        return x


class Shelf:
    """A source that notes what is read."""

    __slots__ = ("reads", "tensors")

    def __init__(self, model: nn.Module) -> None:
        self.tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        self.reads: list[str] = []

    def read(self, name: str, out: Tensor) -> None:
        self.reads.append(name.rpartition(".")[0])
        out.copy_(self.tensors[name])


ONE = 32 * 33 * 4
"""Bytes of one layer; weights and bias are multiples of the alignment."""


def towers(limit: int, held: bool = False) -> tuple[Tower, Tower, Shelf, Pool]:
    torch.manual_seed(0)
    plain = Tower().requires_grad_(False)
    shelf = Shelf(plain)
    pool = Pool(Held(shelf, pin=False) if held else shelf, CPU)
    lean = copy.deepcopy(plain).to("meta")
    stream(lean, [Group(f"layers.{n}") for n in range(4)], pool)
    for part in lean.modules():
        if isinstance(part, Streamed):
            part.prepare(lambda module: module)
    pool.settle(limit, 0)
    return plain, lean, shelf, pool


def settle(pool: Pool) -> None:
    """Until what is read ahead has been read."""
    if pool._ahead is not None:
        pool._ahead[2].result()


def test_what_runs_is_right_and_the_next_is_there_before_it_is_needed() -> None:
    plain, lean, shelf, pool = towers(ROOM * ONE)
    x = torch.randn(3, 32)
    for _ in range(3):
        assert torch.equal(lean(x), plain(x))
    settle(pool)
    # Of the third round the first layer was read ahead during the second's last.
    assert shelf.reads[::2][:12] == [f"layers.{n % 4}" for n in range(12)]
    assert pool.held == ROOM * ONE
    assert model_bytes(lean) <= ROOM * ONE


def test_what_there_is_room_for_is_read_once() -> None:
    plain, lean, shelf, pool = towers((ROOM + 2) * ONE)
    x = torch.randn(3, 32)
    for _ in range(5):
        assert torch.equal(lean(x), plain(x))
    settle(pool)
    often = {n: shelf.reads.count(f"layers.{n}") // 2 for n in range(4)}
    assert sorted(often.values())[:2] == [1, 1] and max(often.values()) >= 4
    assert pool.held == (ROOM + 2) * ONE


def test_with_room_for_all_the_buffers_go() -> None:
    plain, lean, shelf, pool = towers(100 * ONE)
    x = torch.randn(3, 32)
    for _ in range(4):
        assert torch.equal(lean(x), plain(x))
    assert len(shelf.reads) <= 2 * 5
    assert pool.held == 4 * ONE


def test_host_memory_is_filled_once() -> None:
    plain, lean, shelf, _ = towers(ROOM * ONE, held=True)
    x = torch.randn(3, 32)
    for _ in range(4):
        assert torch.equal(lean(x), plain(x))
    assert len(shelf.reads) == 2 * 4


def test_too_little_says_how_much_is_needed() -> None:
    with pytest.raises(DeviceError, match="give 1 MB or more"):
        towers(ROOM * ONE - 1)


def test_a_source_that_fails_says_so_where_the_weights_are_used() -> None:
    _, lean, shelf, pool = towers(ROOM * ONE)
    x = torch.randn(3, 32)
    lean(x)
    settle(pool)
    del shelf.tensors["layers.2.bias"]
    with pytest.raises(KeyError):
        lean(x)


def test_bytes_are_counted_once_wherever_they_lie() -> None:
    shared = torch.zeros(100)
    model = nn.Module()
    model.lists = [shared, {"again": shared[:50]}, (torch.zeros(25, dtype=torch.float64).numpy(),)]  # type: ignore[assignment]
    assert model_bytes(model) == 400 + 200
    assert state_bytes({"a": shared, "b": shared}) == 800
    assert ALIGNMENT % 16 == 0

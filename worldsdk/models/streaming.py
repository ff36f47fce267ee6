"""Running a model that is larger than the memory it may take: weights come in groups, right before they run.

A group's tensors are read into one of two buffers on the device, and made ready there as ``models.optimise``
would have made them, so results are the same to the bit. While a group runs, the one that came after it last
time is read into the other buffer: by a thread beside, and on a GPU in a stream beside, from pinned memory.
What memory is left after that is filled with groups that then stay.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from worldsdk.errors import DeviceError
from worldsdk.models.footprint import model_bytes
from worldsdk.models.interface import Group

Make = Callable[[nn.Module], Any]
"""A module whose weights are there -> what does its work; with memory of its own, or the module itself."""

ALIGNMENT = 64
"""Bytes: what torch's own memory has, and what some kernels choose their way by."""

ROOM = 4
"""Times the largest group: two buffers, and what is made of each."""


_CUDA: Any = torch.cuda
"""Its classes have no types."""


class Source(Protocol):
    """Where weights lie."""

    def read(self, name: str, out: Tensor) -> None:
        """Fills ``out``, which has the tensor's shape."""


class Held:
    """Weights in memory of the host, each from its first use on.

    Args:
        source: where they come from. pin: page-locked, so that a GPU fetches them by itself.
    """

    # Not to be found by what counts a device's weights.
    __slots__ = ("_pin", "_source", "_tensors")

    def __init__(self, source: Source, pin: bool) -> None:
        self._source, self._pin = source, pin
        self._tensors: dict[str, Tensor] = {}

    def read(self, name: str, out: Tensor) -> None:
        if name not in self._tensors:
            tensor = torch.empty(out.shape, dtype=out.dtype, pin_memory=self._pin)
            self._source.read(name, tensor)
            self._tensors[name] = tensor
        out.copy_(self._tensors[name], non_blocking=self._pin)


@dataclass
class _Entry:
    template: nn.Module
    names: Mapping[str, str]
    make: Make
    bytes: int


class Pool:
    """The groups of one model. What uses a group that lies in a buffer holds ``lock`` meanwhile.

    Args:
        source: of the weights.
        device: that groups run on.
    """

    def __init__(self, source: Source, device: torch.device) -> None:
        self.lock = threading.RLock()
        self.limit = 0
        self.fixed = 0
        self._source, self._device = source, device
        self._entries: list[_Entry] = []
        self._kept: dict[int, Any] = {}
        self._kept_bytes = 0
        self._after: dict[int, int] = {}
        self._buffers: list[Tensor] = []
        self._current: tuple[int, int, Any] | None = None
        self._ahead: tuple[int, int, Future[Any]] | None = None
        self._reader: ThreadPoolExecutor | None = None
        self._stream = _CUDA.Stream(device) if device.type == "cuda" else None

    def add(self, template: nn.Module, names: Mapping[str, str], make: Make) -> int:
        """A group: ``template``, on the meta device, with parameters of those paths -> names in the source.

        Returns:
            what ``take`` is given for it.
        """
        sizes = [_aligned(template.get_parameter(path)) for path in names]
        self._entries.append(_Entry(template, names, make, sum(sizes)))
        return len(self._entries) - 1

    def settle(self, limit: int, fixed: int) -> None:
        """Begins, once all groups have been added.

        Args:
            limit: bytes that weights may take. fixed: of them, those that all other weights take.

        Raises:
            DeviceError: there is not even room for the largest group.
        """
        largest = max(entry.bytes for entry in self._entries)
        needed = fixed + ROOM * largest
        if needed > limit:
            raise DeviceError(
                f"{limit / 1e6:.0f} MB cannot hold this world: its weights come in groups of up to "
                f"{largest / 1e6:.1f} MB",
                where="memory limit",
                fix=f"give {needed / 1e6 + 1:.0f} MB or more",
            )
        self.limit, self.fixed = limit, fixed
        self._buffers = [torch.empty(largest, dtype=torch.uint8, device=self._device) for _ in range(2)]
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="weights")

    @property
    def held(self) -> int:
        """Bytes of weights that are in memory now, those outside of groups included; made ready, at most."""
        with self.lock:
            # Two buffers, and what has been made of each.
            passing = ROOM * len(self._buffers[0]) if self._buffers else 0
            return self.fixed + self._kept_bytes + passing

    def take(self, key: int) -> Any:
        """What does that group's work; good until the next call, or for good if it has memory of its own."""
        with self.lock:
            if key in self._kept:
                if self._current is not None and len(self._kept) == len(self._entries) - 1:
                    # The last one is never followed by another that would take its place.
                    self._keep(self._current)
                return self._kept[key]
            if self._current is None or self._current[0] != key:
                self._replace(key)
            assert self._current is not None
            return self._current[2]

    def _replace(self, key: int) -> None:
        before, self._current = self._current, None
        if before is not None:
            self._after[before[0]] = key
            self._keep(before)
        released = self._mark()
        ahead, self._ahead = self._ahead, None
        # What was read ahead in vain has to be done all the same before its buffer can be used.
        found = None if ahead is None else ahead[2].result()
        slot = 1 - before[1] if before is not None else 0
        if found is None or ahead is None or ahead[0] != key:
            found = self._made(key, slot, released)
        self._wait_for(found)
        self._current = (key, slot, found[0])
        following = self._after.get(key)
        if following is not None and following not in self._kept:
            assert self._reader is not None
            self._ahead = (
                following,
                1 - slot,
                self._reader.submit(self._made, following, 1 - slot, released),
            )

    def _keep(self, used: tuple[int, int, Any]) -> None:
        """Lets a group stay for good where there is room. After its first use, when it has its full size."""
        key, _, made = used
        entry = self._entries[key]
        own = _own(made, self._buffers)
        size = model_bytes(made) if own else entry.bytes
        last = len(self._kept) == len(self._entries) - 1
        passing = 0 if last else ROOM * len(self._buffers[0])
        if self.fixed + passing + self._kept_bytes + size > self.limit:
            return
        self._kept[key] = made if own else copy.deepcopy(made)
        self._kept_bytes += size
        if len(self._kept) == len(self._entries):
            self._buffers, self._current, self._ahead = [], None, None

    def _made(self, key: int, slot: int, released: Any) -> tuple[Any, Any]:
        """The group from the source, through that buffer; and on a GPU the event that says when."""
        entry, buffer, place = self._entries[key], self._buffers[slot], 0
        with torch.inference_mode(), _CUDA.stream(self._stream) if self._stream else nullcontext():
            if self._stream is not None and released is not None:
                # What ran before may still be reading this buffer, and what was made of it.
                self._stream.wait_event(released)
            module = copy.deepcopy(entry.template)
            for path, name in entry.names.items():
                plain = module.get_parameter(path)
                size = plain.numel() * plain.element_size()
                here = buffer[place : place + size].view(plain.dtype).view(plain.shape)
                self._source.read(name, here)
                home, _, last = path.rpartition(".")
                setattr(module.get_submodule(home), last, nn.Parameter(here, requires_grad=False))
                place += _aligned(plain)
            made = entry.make(module)
            done = None
            if self._stream is not None:
                done = _CUDA.Event()
                done.record(self._stream)
        return made, done

    def _mark(self) -> Any:
        if self._stream is None:
            return None
        event = _CUDA.Event()
        event.record(_CUDA.current_stream(self._device))
        return event

    def _wait_for(self, found: tuple[Any, Any]) -> None:
        if found[1] is not None:
            _CUDA.current_stream(self._device).wait_event(found[1])


class Streamed(nn.Module):
    """Stands in for a sub-module: each of its calls first has the weights fetched that it needs.

    Args:
        template: the sub-module, on the meta device.
        group: which calls it has, and which children each uses.
        pool: that weights come through.
    """

    def __init__(self, template: nn.Module, group: Group, pool: Pool) -> None:
        super().__init__()
        # In a list: what walks over modules must not find weights that are not there.
        self._hidden = [template]
        self.group, self.pool = group, pool
        self._keys: dict[tuple[str, ...], int] = {}

    @property
    def template(self) -> nn.Module:
        """The sub-module without its weights."""
        return self._hidden[0]

    def names(self, children: Sequence[str] = ()) -> dict[str, str]:
        """Paths of the parameters of those children, all if none are given -> names in the source."""
        return {
            path: f"{self.group.name}.{path}"
            for path, _ in self.template.named_parameters()
            if not children or path.partition(".")[0] in children
        }

    @property
    def prepared(self) -> bool:
        """Whether it has been said what is made of the weights."""
        return bool(self._keys)

    def prepare(self, make: Make) -> None:
        """Says what is made of the module's weights when they are there. Once."""
        for children in dict.fromkeys(self.group.calls.values()):
            self._keys[children] = self.pool.add(self.template, self.names(children), make)

    def forward(self, *given: Any) -> Any:
        return self._call("forward", *given)

    def __getattr__(self, name: str) -> Any:
        group = self.__dict__.get("group")
        if group is not None and name in group.calls:
            return partial(self._call, name)
        return super().__getattr__(name)

    def _call(self, name: str, *given: Any) -> Any:
        with self.pool.lock:
            made = self.pool.take(self._keys[self.group.calls[name]])
            return getattr(made, name)(*given)


def stream(model: nn.Module, groups: Sequence[Group], pool: Pool) -> None:
    """Puts a ``Streamed`` in the place of each group, whose weights are on the meta device."""
    for group in groups:
        home, _, last = group.name.rpartition(".")
        parent = model.get_submodule(home)
        setattr(parent, last, Streamed(cast(nn.Module, getattr(parent, last)), group, pool))


def _own(made: Any, buffers: Sequence[Tensor]) -> bool:
    """Whether nothing of ``made`` lies in the buffers: else it is the module itself."""
    if not isinstance(made, nn.Module):
        return True
    homes = {buffer.untyped_storage().data_ptr() for buffer in buffers}
    return all(p.untyped_storage().data_ptr() not in homes for p in made.parameters() if not p.is_meta)


def _aligned(tensor: Tensor) -> int:
    size = tensor.numel() * tensor.element_size()
    return -(-size // ALIGNMENT) * ALIGNMENT

"""A frame's layers: those that its pass made, and those that are worked out from them when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float32]


class Layers(Mapping[str, Layer]):
    """Name -> float32 [H, W], read-only. What nobody looks at costs nothing; safe to read from any thread.

    Args:
        made: layers at hand.
        later: names of the others.
        derive: works out all of those, at the first look at one; never called where there are none.
    """

    def __init__(
        self,
        made: Mapping[str, Layer],
        later: Sequence[str] = (),
        derive: Callable[[], Mapping[str, Layer]] | None = None,
    ) -> None:
        self.made = made
        self._later = tuple(later) if derive is not None else ()
        self._derive = derive
        self._derived: Mapping[str, Layer] | None = None

    def __getitem__(self, name: str) -> Layer:
        if name in self.made or name not in self._later or self._derive is None:
            return self.made[name]
        # Two threads that look at once both work it out, to the same bits.
        derived = self._derived
        if derived is None:
            derived = self._derive()
            for layer in derived.values():
                layer.flags.writeable = False
            self._derived = derived
        return derived[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.made
        yield from self._later

    def __len__(self) -> int:
        return len(self.made) + len(self._later)

    def __contains__(self, name: object) -> bool:
        return name in self.made or name in self._later

    def __repr__(self) -> str:
        return f"Layers({', '.join(self)})"

    @property
    def derived_bytes(self) -> int:
        """Memory that the others take once somebody has looked."""
        each = next((layer.nbytes for layer in self.made.values()), 0)
        return each * len(self._later)

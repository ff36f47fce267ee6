"""Array types and the compiler switch that all pixel kernels share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(*, fastmath: bool | set[str], vectors: bool = False) -> Callable[[F], F]:
    """Compiles a function without the interpreter lock, and keeps the machine code on disk.

    Args:
        fastmath: lets sums be reordered and assumes finite numbers; or which of such liberties, as LLVM names
            them: ``{"contract"}`` rounds a product and a sum once.
        vectors: divides as numpy does, by zero too. The check that raises keeps loops from becoming vectors.
    """

    options: dict[str, Any] = {"error_model": "numpy" if vectors else "python"}

    def compile_it(function: F) -> F:
        try:
            compiled = njit(cache=True, nogil=True, fastmath=fastmath, **options)(function)
        except RuntimeError:
            # An installation whose folders and user cache are all read-only has nowhere to keep code.
            compiled = njit(nogil=True, fastmath=fastmath, **options)(function)
        return cast(F, compiled)

    return compile_it

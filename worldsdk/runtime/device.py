"""Choosing the device a world runs on, and how many threads it may use there."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from worldsdk.errors import DeviceError

THREADS_VARIABLE = "WORLDSDK_THREADS"
MOST_USEFUL_THREADS = 8
"""The pictures of one session are too small to keep more cores than this busy."""

_threads_chosen = False


def resolve_device(name: str | torch.device) -> torch.device:
    """``"auto"`` is CUDA where there is some, else the CPU; anything else is taken at its word.

    Raises:
        DeviceError: not a device name, or a device that this machine or torch build lacks.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise DeviceError(f"{name!r} is not a device", fix="use 'auto', 'cpu', 'cuda' or 'cuda:N'") from error
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"{device.type!r} is not supported", fix="use 'auto', 'cpu', 'cuda' or 'cuda:N'")
    if device.type == "cuda":
        with warnings.catch_warnings():
            # torch warns about a missing driver; the error below says it better.
            warnings.simplefilter("ignore")
            count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise DeviceError(
                f"{str(device)!r} is not here: {count} CUDA devices found",
                fix="use device='cpu' or install a CUDA build of torch and its driver",
            )
    return device


def set_threads(count: int) -> None:
    """Uses ``count`` threads inside torch operations, for the whole process.

    Frames are bit-exact for a fixed number of threads. Raises DeviceError for less than 1.
    """
    global _threads_chosen
    if count < 1:
        raise DeviceError(f"{count} threads", fix="give at least 1")
    torch.set_num_threads(count)
    _threads_chosen = True


def settle_threads(useful: int | None = None) -> None:
    """Chooses the number of threads for a model that has just been loaded, unless somebody did before.

    ``WORLDSDK_THREADS`` decides; else ``OMP_NUM_THREADS``, which torch has read itself; else as many as are
    ``useful`` to the model (None: all that there are, at most ``MOST_USEFUL_THREADS``), and no more than CPUs
    that this process may run on.
    """
    if _threads_chosen:
        return
    wish = os.environ.get(THREADS_VARIABLE, "")
    if wish:
        if not wish.isdecimal():
            raise DeviceError(f"is {wish!r}", where=THREADS_VARIABLE, fix="give a number of threads")
        set_threads(int(wish))
    elif "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(_all_threads(), useful or MOST_USEFUL_THREADS))


@contextmanager
def all_threads() -> Iterator[None]:
    """For a pass over many sessions, which can use them all; nothing where somebody chose a number."""
    before = torch.get_num_threads()
    if _threads_chosen or "OMP_NUM_THREADS" in os.environ or before >= _all_threads():
        yield
        return
    torch.set_num_threads(_all_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _all_threads() -> int:
    return min(available_cpus(), MOST_USEFUL_THREADS)


def available_cpus() -> int:
    """CPUs this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1

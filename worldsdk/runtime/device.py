"""Choosing the device a world runs on, and how many threads it may use there."""

from __future__ import annotations

import os
import warnings

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


def settle_threads() -> None:
    """Chooses the number of threads once, when the first world is loaded, unless it was set before.

    ``WORLDSDK_THREADS`` decides; else ``OMP_NUM_THREADS``, which torch has read itself; else the CPUs that
    this process may run on, at most ``MOST_USEFUL_THREADS``.
    """
    global _threads_chosen
    if _threads_chosen:
        return
    wish = os.environ.get(THREADS_VARIABLE, "")
    if wish:
        if not wish.isdecimal():
            raise DeviceError(f"is {wish!r}", where=THREADS_VARIABLE, fix="give a number of threads")
        set_threads(int(wish))
    elif "OMP_NUM_THREADS" not in os.environ:
        set_threads(min(available_cpus(), MOST_USEFUL_THREADS))
    _threads_chosen = True


def available_cpus() -> int:
    """CPUs this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1

"""Devices that are not here are refused by name; threads are chosen once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from worldsdk.errors import DeviceError
from worldsdk.runtime import device
from worldsdk.runtime.device import all_threads, available_cpus, resolve_device, set_threads, settle_threads


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing has been chosen yet; what the process had is put back afterwards."""
    before = torch.get_num_threads()
    monkeypatch.setattr(device, "_threads_chosen", False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("WORLDSDK_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


def test_auto_is_what_there_is() -> None:
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve_device("auto").type == wanted
    assert resolve_device("cpu") == resolve_device(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta", "", "cuda:x"])
def test_what_is_not_here_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match=r"cpu"):
        resolve_device(name)


def test_cuda_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto").type == "cpu"
    with pytest.raises(DeviceError, match="'cuda' is not here: 0 CUDA devices"):
        resolve_device("cuda")


def test_the_environment_decides_on_threads(threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDSDK_THREADS", "3")
    settle_threads()
    assert torch.get_num_threads() == 3
    monkeypatch.setenv("WORLDSDK_THREADS", "1")
    settle_threads()
    assert torch.get_num_threads() == 3


def test_threads_set_by_hand_stay(threads: None) -> None:
    set_threads(1)
    settle_threads()
    assert torch.get_num_threads() == 1


def test_by_default_the_cpus_at_hand(threads: None) -> None:
    settle_threads()
    assert torch.get_num_threads() == min(available_cpus(), 8)


def test_no_more_threads_than_are_useful(threads: None) -> None:
    settle_threads(1)
    assert torch.get_num_threads() == 1
    settle_threads(1000)
    assert torch.get_num_threads() == available_cpus()


def test_a_batch_has_all_threads(threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "available_cpus", lambda: 3)
    settle_threads(1)
    with all_threads():
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == 1


def test_a_batch_has_the_threads_that_were_set_by_hand(
    threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "available_cpus", lambda: 3)
    set_threads(2)
    with all_threads():
        assert torch.get_num_threads() == 2


@pytest.mark.parametrize("wish", ["two", "-1", "0", "1.5"])
def test_a_bad_number_of_threads_is_named(threads: None, monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    monkeypatch.setenv("WORLDSDK_THREADS", wish)
    with pytest.raises(DeviceError):
        settle_threads()


def test_importing_changes_no_threads() -> None:
    code = (
        "import torch; before = torch.get_num_threads(); import worldsdk.runtime.world; "
        "assert torch.get_num_threads() == before"
    )
    environment = {**os.environ, "WORLDSDK_THREADS": "7"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)

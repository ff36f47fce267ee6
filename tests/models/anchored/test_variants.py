"""Smaller frames can be chosen, and are what the pack would have shown before it showed finer ones."""

from __future__ import annotations

import dataclasses

import torch

from tests.models.samples import anchored
from worldsdk.models.anchored.variants import variants

CPU = torch.device("cpu")


def test_each_size_that_samples_divide_into_is_offered() -> None:
    given = dataclasses.replace(anchored().config, samples=4, fine=4)
    found = {variant.name: variant.config for variant in variants(given.to_json(), CPU)}
    wide, high = given.width, given.height
    assert found == {f"{wide}x{high}": {"fine": 1}, f"{2 * wide}x{2 * high}": {"fine": 2}}


def test_a_pack_of_plain_frames_has_none() -> None:
    assert variants(anchored().config.to_json(), CPU) == []

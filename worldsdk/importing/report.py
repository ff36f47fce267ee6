"""What became of every name of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from worldsdk.errors import CheckpointError
from worldsdk.importing.read import Found
from worldsdk.models.checkpoint import Plan

SHOWN = 6
"""Names in an error's sentence; the report has all."""


@dataclass(frozen=True)
class Report:
    """Attributes:
    family: of the pack. recognised: what the checkpoint is, in a phrase.
    used: the file's name -> the model's names that it became.
    missing: names that the model needs and the file lacks.
    unexpected: names of the file that nothing is known of.
    misshapen: the file's name -> what is wrong with its shape or type.
    left_out: the file's name -> why it is not used.
    stripped: prefix -> from how many names it was taken.
    parts: file -> the entry that its tensors were below.
    beside: entries of the files that are no tensors.
    """

    family: str
    recognised: str
    used: Mapping[str, Sequence[str]]
    missing: Sequence[str]
    unexpected: Sequence[str]
    misshapen: Mapping[str, str]
    left_out: Mapping[str, str]
    stripped: Mapping[str, int]
    parts: Mapping[str, str]
    beside: Sequence[str]

    @classmethod
    def of(
        cls, family: str, recognised: str, found: Found, plan: Plan, wanted: Mapping[str, Tensor]
    ) -> Report:
        """Compares a checkpoint's tensors with those that the model has, ``wanted``, by their shapes."""
        used: dict[str, list[str]] = {}
        missing, misshapen = [], {}
        for ours, target in wanted.items():
            theirs = plan.keys.get(ours)
            tensor = None if theirs is None else found.tensors.get(theirs)
            if theirs is None or tensor is None:
                missing.append(theirs or ours)
                continue
            used.setdefault(theirs, []).append(ours)
            wrong = _unlike(plan.convert(ours, tensor), target)
            if wrong:
                misshapen[theirs] = wrong
        left_out = {name: why for name, why in plan.left_out.items() if name in found.tensors}
        unexpected = sorted(set(found.tensors) - set(used) - set(left_out))
        return cls(
            family,
            recognised,
            used,
            missing,
            unexpected,
            misshapen,
            left_out,
            dict(found.stripped),
            dict(found.parts),
            list(found.beside),
        )

    @property
    def complete(self) -> bool:
        """Whether every tensor of the model was found and none was left unexplained."""
        return not (self.missing or self.unexpected or self.misshapen)

    def require_complete(self, where: str) -> None:
        """Raises CheckpointError naming what is missing, unexpected or of another shape."""
        if self.complete:
            return
        wrong = [f"{name} {what}" for name, what in self.misshapen.items()]
        parts = [
            f"{len(names)} {word} ({', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"
            for word, names in (
                ("missing", self.missing),
                ("unexpected", self.unexpected),
                ("of another shape", wrong),
            )
            if names
        ]
        raise CheckpointError(
            f"tensors do not fit: {'; '.join(parts)}",
            where=where,
            fix="give the whole checkpoint of one model, as it was published; --json lists every name",
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "recognised": self.recognised,
            "complete": self.complete,
            "used": {name: list(ours) for name, ours in sorted(self.used.items())},
            "missing": list(self.missing),
            "unexpected": list(self.unexpected),
            "misshapen": dict(self.misshapen),
            "left_out": dict(sorted(self.left_out.items())),
            "stripped": dict(self.stripped),
            "parts": dict(self.parts),
            "not_tensors": list(self.beside),
        }


def _unlike(tensor: Tensor, target: Tensor) -> str:
    """How a tensor differs from what the model wants; empty where it does not."""
    if tensor.shape != target.shape:
        return f"is {list(tensor.shape)} and should be {list(target.shape)}"
    if tensor.is_floating_point() != target.is_floating_point():
        return f"is {tensor.dtype} and should be {target.dtype}"
    return ""

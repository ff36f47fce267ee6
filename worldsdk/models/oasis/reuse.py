"""What a tick need not compute again: three ways to the v of the newest frame.

Each has two functions of a tick: ``condition``, once, and ``velocity``, at every step; ``keep`` makes what a
frame leaves behind in the session's memory. They hold nothing: the transformer is handed to them, since it
is another one once the model is made ready for play.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from worldsdk.models.interface import Condition, State
from worldsdk.models.oasis import memory
from worldsdk.models.oasis.attention import Past
from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.diffusion import schedule
from worldsdk.models.oasis.rotary import time_turns, turn
from worldsdk.models.oasis.transformer import Modulation, Transformer


class Reuse(ABC):
    """One way; see ``OasisConfig.reuse``."""

    def __init__(self, config: OasisConfig) -> None:
        self.config = config
        self.levels = schedule(config.max_steps)[:-1]

    @abstractmethod
    def condition(self, transformer: Transformer, state: State, action: Tensor) -> dict[str, Tensor]:
        """What the steps of a tick share. action: float32 [B, controls]."""

    @abstractmethod
    def velocity(self, transformer: Transformer, condition: Condition, noisy: Tensor, level: int) -> Tensor:
        """v of the new frame, [B, C, H, W] like ``noisy``."""

    def keep(
        self,
        transformer: Transformer,
        state: State,
        latent: Tensor,
        action: Tensor,
        condition: Condition | None = None,
    ) -> dict[str, Tensor]:
        """What a new frame leaves beside its latent: ``kept`` of ``memory.push``."""
        return {}


class Recompute(Reuse):
    """Nothing is kept: as published, and the definition that the others are measured against."""

    def condition(self, transformer: Transformer, state: State, action: Tensor) -> dict[str, Tensor]:
        frames, valid = _extent(state)
        actions = torch.cat([_newest(state["actions"], frames), action[:, None]], dim=1)
        return {"latents": memory.latents(state, frames), "actions": actions} | _known(valid)

    def velocity(self, transformer: Transformer, condition: Condition, noisy: Tensor, level: int) -> Tensor:
        past, valid = condition["latents"], condition.get("valid")
        levels = _rows([self.config.context_level - 1] * past.shape[1] + [level], noisy)
        mask = None if valid is None else _causal(_with_newest(valid))
        window = torch.cat([past, noisy[:, None]], dim=1)
        return transformer.forward(window, levels, condition["actions"], mask)[:, -1]


class _Kept(Reuse):
    """The new frame alone goes through the blocks; keys and values of the past are in the condition."""

    def velocity(self, transformer: Transformer, condition: Condition, noisy: Tensor, level: int) -> Tensor:
        if level in self.levels:
            at = self.levels.index(level)
            modulation = Modulation(condition["blocks"][:, at : at + 1], condition["last"][:, at : at + 1])
        else:
            modulation = transformer.modulation(_rows([level], noisy), condition["action"][:, None])
        valid = condition.get("valid")
        mask = None if valid is None else _with_newest(valid)[:, None]
        past = _past(condition, self.config.depth)
        return transformer.predict(noisy[:, None], modulation, condition["place"], past, mask)[:, 0]


class WithinFrame(_Kept):
    """The past goes through the blocks once a tick. Exact: it neither sees the new frame nor changes."""

    def condition(self, transformer: Transformer, state: State, action: Tensor) -> dict[str, Tensor]:
        frames, valid = _extent(state)
        ahead = action[:, None].expand(-1, len(self.levels), -1)
        # All modulations in one product: the weights that make them are a third of all there are.
        whole = transformer.modulation(
            _rows([self.config.context_level - 1] * frames + self.levels, action),
            torch.cat([_newest(state["actions"], frames), ahead], dim=1),
        )
        past = transformer.remember(
            memory.latents(state, frames),
            Modulation(whole.blocks[:, :frames], whole.last[:, :frames]),
            torch.arange(frames, device=action.device)[None],
            mask=None if valid is None else _causal(valid),
        )
        shared = {"action": action, "place": torch.full((len(action), 1), frames, device=action.device)}
        shared |= {"blocks": whole.blocks[:, frames:], "last": whole.last[:, frames:]}
        return shared | _known(valid) | _parts(past)


class BetweenFrames(_Kept):
    """Every frame goes through the blocks once more when it is done, and its keys and values stay.

    They tell of frames that have left the window since: exact until then, near it after. With a sink the
    first frames take the place of the oldest in the window, positions as if they had been right before it.
    """

    def condition(self, transformer: Transformer, state: State, action: Tensor) -> dict[str, Tensor]:
        known, valid = _extent(state)
        recent, first = self._slots(known)
        ahead = action[:, None].expand(-1, len(self.levels) + 1, -1)
        # The last is for ``keep``, so that the weights are read once.
        rows = _rows([*self.levels, self.config.context_level - 1], action)
        whole = transformer.modulation(rows, ahead)
        past = memory.unpack(state, recent, self.config.heads, first)
        if first:
            past = self._moved(transformer, past, first, state["clock"])
            valid = None if valid is None else self._seen(state["known"], recent, first)
        shared = {"action": action, "place": state["clock"][:, None] + 1}
        shared |= {"blocks": whole.blocks, "last": whole.last}
        return shared | _known(valid) | _parts(past)

    def keep(
        self,
        transformer: Transformer,
        state: State,
        latent: Tensor,
        action: Tensor,
        condition: Condition | None = None,
    ) -> dict[str, Tensor]:
        place = state["clock"][:, None] + 1
        if "kept.00" not in state:
            modulation = transformer.modulation(
                _rows([self.config.context_level - 1], action), action[:, None]
            )
            return self._packed(transformer.remember(latent[:, None], modulation, place))
        shared = self.condition(transformer, state, action) if condition is None else condition
        modulation = Modulation(shared["blocks"][:, -1:], shared["last"][:, -1:])
        past, valid = _past(shared, self.config.depth), shared.get("valid")
        frames = past[0].keys.shape[3]
        if frames == self.config.window - 1:
            # The frame that is about to leave the window is not seen any more.
            leaving = torch.arange(frames, device=latent.device) == self.config.sink
            full = state["known"][:, None] == frames
            valid = ~(leaving & full) if valid is None else valid & ~(leaving & full)
        mask = None if valid is None else _with_newest(valid)[:, None]
        return self._packed(transformer.remember(latent[:, None], modulation, place, past, mask))

    def _packed(self, kept: list[Past]) -> dict[str, Tensor]:
        return memory.pack_small(kept) if self.config.kept == "int8" else {"kept": memory.pack(kept)}

    def _slots(self, known: int) -> tuple[int, int]:
        """How many of the newest and how many of the first frames to look at."""
        recent = min(known, self.config.window - 1 - self.config.sink)
        return recent, known - recent

    def _seen(self, known: Tensor, recent: int, first: int) -> Tensor:
        """Which of those were there, or are not among the newest still: bool [B, first + recent]."""
        newest = torch.arange(recent, 0, -1, device=known.device) <= known[:, None]
        gone = known[:, None] - (self.config.window - 1 - self.config.sink)
        return torch.cat([torch.arange(first, device=known.device) < gone, newest], dim=1)

    def _moved(self, transformer: Transformer, past: list[Past], first: int, clock: Tensor) -> list[Past]:
        """Keys of the first frames, turned on to where they stand now, always from those that were kept."""
        gap = (clock + 1 - (self.config.window - 1)).clamp(min=0)
        cosine, sine = time_turns(gap, transformer.temporal_rotary_emb.freqs)
        turns = cosine[:, None, None, None], sine[:, None, None, None]
        return [
            Past(torch.cat([turn(keys[..., :first, :], turns), keys[..., first:, :]], dim=3), values)
            for keys, values in past
        ]


def reuse_of(config: OasisConfig) -> Reuse:
    """The way that the configuration asks for."""
    kinds: dict[str, type[Reuse]] = {"none": Recompute, "frame": WithinFrame, "sliding": BetweenFrames}
    return kinds[config.reuse](config)


def _extent(state: State) -> tuple[int, Tensor | None]:
    """How many frames of memory to look at, and which of them were there: bool [B, frames], None for all."""
    known, most = state["known"], state["actions"].shape[1]
    if known.device.type == "cpu":
        # Elsewhere the numbers would have to be waited for.
        most = int(known.max())
        if most == int(known.min()):
            return most, None
    return most, torch.arange(most, 0, -1, device=known.device) <= known[:, None]


def _known(valid: Tensor | None) -> dict[str, Tensor]:
    return {} if valid is None else {"valid": valid}


def _with_newest(valid: Tensor) -> Tensor:
    return torch.cat([valid, valid.new_ones(len(valid), 1)], dim=1)


def _causal(valid: Tensor) -> Tensor:
    """Who may look at whom: bool [B, frames, frames]. Frames that never were look at themselves."""
    itself = torch.eye(valid.shape[1], dtype=torch.bool, device=valid.device)
    return (valid[:, None] | itself).tril()


def _newest(actions: Tensor, frames: int) -> Tensor:
    return actions[:, actions.shape[1] - frames :]


def _rows(levels: list[int], like: Tensor) -> Tensor:
    return torch.tensor(levels, device=like.device).expand(len(like), -1)


def _parts(past: list[Past]) -> dict[str, Tensor]:
    keys = {f"keys.{index:02}": each.keys for index, each in enumerate(past)}
    return keys | {f"values.{index:02}": each.values for index, each in enumerate(past)}


def _past(condition: Condition, depth: int) -> list[Past]:
    return [Past(condition[f"keys.{i:02}"], condition[f"values.{i:02}"]) for i in range(depth)]

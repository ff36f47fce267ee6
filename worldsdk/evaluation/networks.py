"""Published feature networks that a user may supply: LPIPS for pictures, an I3D for videos (FVD).

They are TorchScript files. None is bundled and none is downloaded; without one its figure is "not measured",
and no other network ever stands in for it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.errors import EvaluationError

CLIP_FRAMES = 16
"""Frames of a clip, as in published FVD figures."""
VIDEO_SIDE = 224
"""Side that the I3D network was trained at."""


class Network:
    """A TorchScript file and what to say of it.

    Attributes:
        name: the file's name. sha256: of its content.
    """

    def __init__(self, file: Path, option: str) -> None:
        try:
            content = file.read_bytes()
            self._module: Any = torch.jit.load(str(file), map_location="cpu").eval()  # type: ignore[no-untyped-call]
        except (OSError, RuntimeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no TorchScript file"
            raise EvaluationError(
                f"cannot load the network ({reason})",
                where=f"{option} {file}",
                fix="give a TorchScript file as torch.jit.save writes it",
            ) from error
        self._option = option
        self.name = file.name
        self.sha256 = hashlib.sha256(content).hexdigest()

    def about(self) -> dict[str, str]:
        return {"network": self.name, "sha256": self.sha256}

    def _run(self, *inputs: Tensor, **options: Any) -> Tensor:
        try:
            with torch.inference_mode():
                result = self._module(*inputs, **options)
        except RuntimeError as error:
            shapes = ", ".join(str(list(tensor.shape)) for tensor in inputs)
            raise EvaluationError(
                f"the network does not take float32 {shapes}",
                where=self._option,
                fix=self.__class__.__doc__ or "",
            ) from error
        if not isinstance(result, Tensor) or not result.numel() or len(result) != len(inputs[0]):
            raise EvaluationError(
                "the network does not return one row for each picture or clip", where=self._option
            )
        return result.float()


class PictureNetwork(Network):
    """It takes two float32 [N, 3, H, W] in -1 to 1 and returns N distances, as LPIPS does."""

    def distance(self, real: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
        """uint8 [N, H, W, 3] twice -> float64 [N].

        Raises:
            EvaluationError: the network does not take or return such tensors.
        """
        a, b = (
            torch.from_numpy(frames.astype(np.float32)).permute(0, 3, 1, 2) / 127.5 - 1.0
            for frames in (real, other)
        )
        distances: NDArray[np.float64] = self._run(a, b).flatten(1).mean(dim=1).double().numpy()
        return distances


class VideoNetwork(Network):
    """It takes float32 [N, 3, 16, 224, 224] in -1 to 1 and returns [N, F]; or is the published I3D
    TorchScript file, whose own switches (``rescale``, ``resize``, ``return_features``) are then set."""

    def features(self, clips: NDArray[np.uint8]) -> NDArray[np.float64]:
        """uint8 [N, 16, H, W, 3] -> float64 [N, F].

        Raises:
            EvaluationError: the network does not take or return such tensors.
        """
        flat = torch.from_numpy(clips.reshape(-1, *clips.shape[2:]).astype(np.float32)).permute(0, 3, 1, 2)
        large = F.interpolate(flat / 127.5 - 1.0, size=(VIDEO_SIDE, VIDEO_SIDE), mode="bilinear")
        video = large.reshape(*clips.shape[:2], *large.shape[1:]).transpose(1, 2)
        switches = {"rescale": False, "resize": False, "return_features": True}
        known = {argument.name for argument in self._module.forward.schema.arguments}
        options = switches if set(switches) <= known else {}
        found: NDArray[np.float64] = self._run(video, **options).flatten(1).double().numpy()
        return found

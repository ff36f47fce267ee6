"""DIAMOND's worlds: Atari games at 64 x 64, and CS:GO with a second network that enlarges its pictures."""

from worldsdk.models.diamond.config import DiamondConfig
from worldsdk.models.diamond.model import DiamondModel, build

__all__ = ["DiamondConfig", "DiamondModel", "build"]

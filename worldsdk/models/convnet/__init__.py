"""Convolutional worlds for any game that records pictures: no depth needed.

Without a pose either, or, where the camera hangs above what is steered, with one, and the ground remembered.
"""

from worldsdk.models.convnet.config import ConvnetConfig
from worldsdk.models.convnet.model import ConvnetModel, build
from worldsdk.models.convnet.overhead import OverheadModel
from worldsdk.models.convnet.overhead_config import GroundConfig, OverheadConfig

__all__ = ["ConvnetConfig", "ConvnetModel", "GroundConfig", "OverheadConfig", "OverheadModel", "build"]

"""A convolutional world for any game that records pictures: no depth, no pose needed."""

from worldsdk.models.convnet.config import ConvnetConfig
from worldsdk.models.convnet.model import ConvnetModel, build

__all__ = ["ConvnetConfig", "ConvnetModel", "build"]

"""Oasis: a spatio-temporal diffusion transformer over the latents of a picture autoencoder."""

from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.model import OasisModel, build

__all__ = ["OasisConfig", "OasisModel", "build"]

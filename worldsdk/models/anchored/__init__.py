"""First-person worlds anchored in space: the model carries its pose and paints what is seen from there.

For games that know depth and pose while recording. See ``model.py`` for the method.
"""

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.model import AnchoredModel, build

__all__ = ["AnchoredConfig", "AnchoredModel", "build"]

"""Recording games into datasets, and reading them back.

A dataset is a folder of safetensors shards beside two JSON files; ``docs/dataset.md`` is its
specification. ``Dataset`` reads one, ``DatasetWriter`` writes one, ``record`` fills one from a game.
"""

from worldsdk.data.format import DatasetInfo, LayerInfo
from worldsdk.data.reader import Dataset
from worldsdk.data.writer import DatasetWriter

__all__ = ["Dataset", "DatasetInfo", "DatasetWriter", "LayerInfo"]

"""Turning checkpoints of other people's world models into packs: what ``worldsdk import`` does."""

from worldsdk.importing.convert import Imported, import_checkpoint
from worldsdk.importing.report import Report

__all__ = ["Imported", "Report", "import_checkpoint"]

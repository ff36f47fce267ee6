"""What each family learns from: objectives by family and name."""

from __future__ import annotations

from worldsdk.errors import RecipeError
from worldsdk.training.objectives.anchored import (
    MotionObjective,
    PictureObjective,
    PlaceObjective,
    SurfaceObjective,
)
from worldsdk.training.objectives.convnet import FrameObjective
from worldsdk.training.objectives.objective import Objective
from worldsdk.training.objectives.overhead import OverheadMotionObjective, OverheadPictureObjective
from worldsdk.training.objectives.things import ThingsObjective

OBJECTIVES: dict[str, dict[str, type[Objective]]] = {
    "anchored": {
        "motion": MotionObjective,
        "picture": PictureObjective,
        "place": PlaceObjective,
        "surface": SurfaceObjective,
        "things": ThingsObjective,
    },
    "convnet": {
        "frame": FrameObjective,
        "motion": OverheadMotionObjective,
        "picture": OverheadPictureObjective,
    },
}


def find_objective(family: str, name: str) -> type[Objective]:
    """Raises RecipeError for a family or objective that cannot be trained here."""
    known = OBJECTIVES.get(family)
    if known is None:
        raise RecipeError(
            f"family {family!r} has no objectives", fix=f"trainable families are {sorted(OBJECTIVES)}"
        )
    if name not in known:
        raise RecipeError(f"family {family!r} has no objective {name!r}", fix=f"it has {sorted(known)}")
    return known[name]

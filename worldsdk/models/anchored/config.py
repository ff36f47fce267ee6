"""Configuration of the anchored family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from worldsdk.models.camera import CameraConfig
from worldsdk.models.interface import Layer, Variable

POSE = ("x", "y", "heading")
VELOCITY = ("vx", "vy")
MOTION = ("motion_x", "motion_y")


@dataclass(frozen=True)
class AnchoredConfig:
    """Attributes:
    height, width: of the frames that it is taught on and paints; both divide by 4.
    fine: how many times finer, along each side, the frames are that it shows; see ``fine``.
    controls: length of the control vector.
    variables: first x, y, heading, vx, vy; the rest are meters (health, ...) that the model tracks.
    camera: the game's camera.
    lags: how many ticks back the remembered frames lie that are warped into the new view.
    history: ticks of real history that a session begins with, where more than the lags reach back are wanted:
        since when something has not happened is counted in them.
    keyframes: how many older frames are kept to be recalled by place; one every ``keyframe_every`` ticks.
    keyframe_every: ticks.
    map_cells: side of the learned square map of the place, in cells; it spans the range of x and y.
    map_channels: features of a map cell.
    rays: samples of the map along each column's line of sight, at distances ``near`` to ``reach``.
    near, reach: map units.
    periods: of the surface code, map units, halving.
    texture_cells: sides of the cells in which the look of surfaces is kept, map units, coarse to fine.
    texture_log2_slots: each level keeps 2 ** this many cells; those that collide share one.
    tile: side of the square after which the one floor repeats, whole map units; 0 where it does not.
    walls: flat pieces of wall that there is room for; 0 where walls are left to the place. See ``walls``.
    wall_tile: side of the square after which what covers a wall repeats, whole map units.
    flats: blocks of floor and ceiling that there is room for, where those differ from place to place; 0 where
        they are left to the texture. See ``flats``.
    samples: of the game's own pixels along each side of one of ours; see ``samples``.
    things: kinds of objects that are followed one by one.
    vital: names of meters without which an episode is over: a blow that takes what is left is the last.
    slots: for how many things there is room.
    facets: pictures of a thing, taken all around it.
    sprite: side of such a picture, map units.
    channels: of the U-Net's levels; level 0 works on 2x2 pixel groups.
    max_steps: denoising steps at most.
    """

    height: int
    width: int
    controls: int
    variables: tuple[Variable, ...]
    camera: CameraConfig = field(default_factory=CameraConfig)
    lags: tuple[int, ...] = (1, 8)
    history: int = 0
    keyframes: int = 64
    keyframe_every: int = 16
    map_cells: int = 64
    map_channels: int = 24
    rays: int = 32
    near: float = 8.0
    reach: float = 1800.0
    periods: tuple[float, ...] = (128.0, 64.0, 32.0, 16.0)
    texture_cells: tuple[float, ...] = (64.0, 32.0, 16.0, 8.0, 4.0, 2.0)
    texture_log2_slots: tuple[int, ...] = (11, 13, 15, 16, 17, 17)
    tile: int = 0
    walls: int = 0
    wall_tile: int = 128
    flats: int = 0
    samples: int = 4
    fine: int = 1
    things: tuple[str, ...] = ()
    vital: tuple[str, ...] = ()
    slots: int = 32
    facets: int = 1
    sprite: int = 32
    channels: tuple[int, ...] = (48, 96, 160)
    place_channels: int = 64
    condition: int = 128
    max_steps: int = 4

    def __post_init__(self) -> None:
        names = tuple(variable.name for variable in self.variables)
        if names[:5] != POSE + VELOCITY:
            raise ValueError(f"variables must begin with {POSE + VELOCITY}, got {names[:5]}")
        if self.height % 4 or self.width % 4:
            raise ValueError(f"frame {self.width}x{self.height} must divide by 4")
        if 1 not in self.lags or min(self.lags) < 1:
            raise ValueError(f"lags {self.lags} must hold 1 and nothing below")
        if len(self.texture_cells) != len(self.texture_log2_slots) or not self.texture_cells:
            raise ValueError("texture_cells and texture_log2_slots must list the same levels, one at least")
        if min(self.tile, self.walls, self.flats) < 0:
            raise ValueError("tile, walls and flats must be 0 or more")
        if self.tile and self.flats:
            raise ValueError("a floor is one tile everywhere, or flats: tile or flats must be 0")
        if min(self.wall_tile, self.samples, self.slots, self.facets, self.sprite) < 1:
            raise ValueError("wall_tile, samples, slots, facets and sprite must be 1 or more")
        if self.fine < 1 or self.samples % self.fine:
            raise ValueError(f"fine is {self.fine}: it must be 1 or more and divide samples, {self.samples}")
        unknown = set(self.vital) - {meter.name for meter in self.meters}
        if unknown or (self.vital and not self.things):
            raise ValueError(
                f"vital must name meters of a model that follows things, not {sorted(self.vital)}"
            )
        if any(a != 2.0 * b for a, b in zip(self.periods, self.periods[1:], strict=False)):
            raise ValueError(f"periods {self.periods} must halve")

    @property
    def views(self) -> int:
        """Remembered frames warped into each new view: the lags, and one recalled by place."""
        return len(self.lags) + 1

    @property
    def ring(self) -> int:
        """Ticks that are remembered frame by frame."""
        return max(self.lags)

    @property
    def meters(self) -> tuple[Variable, ...]:
        return self.variables[5:]

    @property
    def layers(self) -> tuple[Layer, ...]:
        layers = [Layer("depth", 0.0, self.camera.far, "map units")]
        if self.things:
            kinds = "kind: " + ", ".join(self.things)
            layers.append(Layer("entities", 0.0, float(len(self.things)), kinds))
        width, height = float(self.width * self.fine), float(self.height * self.fine)
        layers.append(Layer(MOTION[0], -width, width, "px/tick"))
        layers.append(Layer(MOTION[1], -height, height, "px/tick"))
        return tuple(layers)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AnchoredConfig:
        """Raises TypeError or ValueError for unknown fields and impossible values."""
        fields = dict(data)
        fields["variables"] = tuple(Variable(**item) for item in fields["variables"])
        fields["camera"] = CameraConfig(**fields.get("camera", {}))
        for name in (
            "lags",
            "periods",
            "texture_cells",
            "texture_log2_slots",
            "things",
            "vital",
            "channels",
        ):
            if name in fields:
                fields[name] = tuple(fields[name])
        return cls(**fields)

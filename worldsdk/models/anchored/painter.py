"""Painting the view from a pose: remembered surfaces, mixed with warped memory and put right by a U-Net."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.flats import Flats
from worldsdk.models.anchored.floor import Floor
from worldsdk.models.anchored.place import Place
from worldsdk.models.anchored.samples import Samples, View
from worldsdk.models.anchored.sprites import Sprites
from worldsdk.models.anchored.texels import Known, Texels, seen_by_tensors
from worldsdk.models.anchored.texture import HINTS, Texture
from worldsdk.models.anchored.walls import Walls
from worldsdk.models.blocks import LevelEmbedding, UNet, mix_noise
from worldsdk.models.camera import Camera, footprint, surface_code

LEVEL_CHANNELS = 16


@dataclass(frozen=True)
class Canvas:
    """What the denoising steps of one tick share.

    Attributes:
        inputs: [B, C, H/2, W/2], all that the U-Net sees besides the noisy estimate.
        coarse: [B, place_channels, H/4, W/4], features of the place.
        inverse_depth: [B, H, W], of the standing world, 1 / map units.
        sketch: [B, 3, H/2, W/2], the place as it is remembered, coarsely.
        surface: [B, 3, H, W], the place as its surfaces are remembered, in about [-1, 1].
        warped: [B, 3, H, W], the last frame as seen from the new pose, in [-1, 1].
        seen: [B, 1, H, W], where ``warped`` holds anything.
        known: what is known texel by texel, in the pixels that are shown.
    """

    inputs: Tensor
    coarse: Tensor
    inverse_depth: Tensor
    sketch: Tensor
    surface: Tensor
    warped: Tensor
    seen: Tensor
    known: Known


class Painter(nn.Module):
    """The image half of the model; knows poses and pictures, no time."""

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.config = config
        self.camera = Camera(config.camera, config.height, config.width)
        self.place = Place(config)
        self.texture = Texture(config)
        self.samples = Samples(self.camera, config.samples)
        fine = config.fine
        self.fine_camera = Camera(config.camera, config.height * fine, config.width * fine)
        self.fine_samples = Samples(self.fine_camera, config.samples // fine)
        self.floor = Floor(config) if config.tile else None
        self.flats = Flats(config) if config.flats else None
        self.walls = Walls(config) if config.walls else None
        self.sprites = Sprites(config) if config.things else None
        self.level = LevelEmbedding(LEVEL_CHANNELS)
        facts = LEVEL_CHANNELS + config.controls + len(config.meters)
        self.embed = nn.Sequential(
            nn.Linear(facts, config.condition), nn.SiLU(), nn.Linear(config.condition, config.condition)
        )
        per_pixel = 4 * config.views + 6 * len(config.periods) + 3 + HINTS + 1
        self.unet = UNet(
            inputs=4 * (per_pixel + 3 + (4 if config.things else 0)) + 3,
            outputs=4 * 5,
            channels=config.channels,
            condition=config.condition,
            coarse=config.place_channels,
        )

    @property
    def view(self) -> View:
        """How it sees: what it paints, and what it is taught on."""
        return View(self.camera, self.samples)

    @property
    def shown(self) -> View:
        """What is shown of it: as much, in finer pixels."""
        return View(self.fine_camera, self.fine_samples)

    def prepare(self, pose: Tensor, past: Tensor, past_poses: Tensor) -> Canvas:
        """Everything that depends on pose and memory alone.

        Args:
            pose: float32 [B, 3] to paint from.
            past: [B, views, 3, H, W] in [-1, 1], the remembered frames: those at the lags, then the recalled.
            past_poses: float32 [B, views, 3], where they were seen from.
        """
        place = self.place(pose)
        with torch.autocast(pose.device.type, enabled=False):
            inverse = self.standing(pose, place.inverse_depth)
            points, depth = self._points(pose, inverse)
            pieces = []
            for view in range(self.config.views):
                grid, seen = self.camera.reproject(points, past_poses[:, view])
                warped = F.grid_sample(
                    past[:, view], grid, mode="bilinear", padding_mode="border", align_corners=False
                )
                pieces += [warped * seen, seen]
            known = self.known(pose, inverse)
            surface = self.with_texels(self.surface(points, depth), known)
            code = surface_code(points, self.config.periods)
            nearness = (64.0 / depth).clamp(max=4.0)[:, None]
            inputs = self.gathered(torch.cat([*pieces, code, surface, nearness], dim=1), place.sketch)
        first = self.config.lags.index(1)
        return Canvas(
            inputs,
            place.features,
            inverse,
            place.sketch,
            surface[:, :3],
            pieces[2 * first],
            pieces[2 * first + 1],
            known,
        )

    def standing_points(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """The standing world seen from ``pose``: world points [B, 3, H, W] and depth [B, H, W], map units."""
        place = self.place(pose)
        with torch.autocast(pose.device.type, enabled=False):
            return self._points(pose, self.standing(pose, place.inverse_depth))

    def standing(self, pose: Tensor, inverse: Tensor) -> Tensor:
        """1 / depth [B, H, W] of what stands around pose [B, 3], from what the place says of it."""
        return self.seen_from(pose, inverse, self.view)

    def seen_from(self, pose: Tensor, inverse: Tensor, view: View) -> Tensor:
        """``standing`` in a view of any size: ``inverse`` [B, H, W] put right by what is known exactly."""
        inverse = torch.maximum(inverse, view.camera.floor_inverse_depth())
        if self.flats is not None:
            inverse = self.flats.standing(pose, inverse, view)
        return inverse if self.walls is None else self.walls.standing(pose, inverse, view)

    def _points(self, pose: Tensor, inverse: Tensor) -> tuple[Tensor, Tensor]:
        # Geometry is given, not learned: depth has its own target, colour does not pull at it.
        depth = inverse.detach().clamp(min=1.0 / self.config.camera.far).reciprocal()
        return self.camera.world_points(pose, depth), depth

    def surface(self, points: Tensor, depth: Tensor) -> Tensor:
        """[B, 3 + HINTS, H, W]: what is remembered of surfaces at points [B, 3, H, W], depth [B, H, W]."""
        flat = points.movedim(1, -1).flatten(0, 2)
        # Learnt in a stage of its own: going back through every pixel's cells costs five times the U-Net.
        with torch.no_grad():
            cells = self.texture.recall(flat)
        found = self.texture.paint(cells, footprint(points).amax(1).flatten(), depth.flatten())
        return found.view(*depth.shape, -1).movedim(-1, 1)

    @torch.no_grad()
    def known(self, pose: Tensor, inverse: Tensor) -> Known:
        """What is known texel by texel; inverse: [B, H, W], 1 / depth of what stands in painted pixels."""
        if pose.device.type == "cpu":
            return Texels(self).seen(pose, inverse)
        return seen_by_tensors(self, pose, inverse)

    def with_texels(self, surface: Tensor, known: Known) -> Tensor:
        """``surface`` [B, 3 + HINTS, H, W], with what is known texel by texel added to its colour."""
        return torch.cat([surface[:, :3] + known.means, surface[:, 3:]], dim=1)

    def figures(self, pose: Tensor, things: Tensor, inverse: Tensor, view: View) -> Tensor | None:
        """[B, 6, H, W] of ``Sprites.image``, or None where nothing is followed; inverse: [B, H, W]."""
        if self.sprites is None:
            return None
        with torch.autocast(pose.device.type, enabled=False):
            return self.sprites.image(pose, things, inverse.detach().float(), view)

    def paint(
        self,
        canvas: Canvas,
        figures: Tensor | None,
        facts: Tensor,
        estimate: Tensor | None,
        noise: Tensor,
        level: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """One denoising step.

        Args:
            canvas: of this tick.
            figures: the things in it, from ``figures``.
            facts: [B, controls + meters], controls in [-1, 1], meters in [0, 1].
            estimate: [B, 3, H, W] so far, or ``None``.
            noise: [B, 3, H, W], standard normal.
            level: [B] noise level in [0, 1].

        Returns:
            Picture [B, 3, H, W] (about [-1, 1]) and inverse depth [B, H, W], things that move included.
        """
        noisy = mix_noise(estimate, noise, level[:, None, None, None])
        condition = self.embed(torch.cat([self.level(level), facts], dim=1))
        surface, standing, pixels = canvas.surface, canvas.inverse_depth, noisy
        if figures is not None:
            surface = surface * (1.0 - figures[:, 3:4]) + figures[:, :3]
            standing = torch.maximum(standing, figures[:, 4])
            pixels = torch.cat([figures[:, :4], noisy], dim=1)
        out = self.unet(self.completed(canvas.inputs, pixels), condition, canvas.coarse)
        return self.composed(out, canvas, surface, standing)

    def gathered(self, planes: Tensor, sketch: Tensor) -> Tensor:
        """``Canvas.inputs`` from planes [B, C, H, W] and sketch [B, 3, H/2, W/2]."""
        return torch.cat([F.pixel_unshuffle(planes, 2), sketch.float()], dim=1)

    def completed(self, inputs: Tensor, pixels: Tensor) -> Tensor:
        """What the U-Net is given: ``Canvas.inputs`` and planes [B, C, H, W] of this step."""
        features = torch.cat([inputs, F.pixel_unshuffle(pixels, 2)], dim=1)
        return features.contiguous(memory_format=torch.channels_last)

    def composed(
        self, out: Tensor, canvas: Canvas, surface: Tensor, standing: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Picture [B, 3, H, W] and inverse depth [B, H, W] from what the U-Net gave, [B, 20, H/2, W/2]."""
        painted = F.pixel_shuffle(out, 2).float()
        keep = painted[:, 3:4].sigmoid() * canvas.seen
        picture = keep * canvas.warped + (1.0 - keep) * (surface + painted[:, :3])
        return picture, F.relu(standing + painted[:, 4] / 64.0)

"""Pictures of things: what each kind of object looks like from each side, texel by texel.

As in the games of its time a thing is a flat picture that always faces the viewer, one texel to a map unit,
standing at its place in the world; ``facets`` pictures of it, taken all around, show its sides. They are
learnt from recorded frames; nothing is cut out of any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.samples import Dimming, View
from worldsdk.models.anchored.sprites_loop import cast_things, see_things
from worldsdk.models.camera import heading_vector

KIND, X, Y, Z, ANGLE = range(5)
"""Columns of a thing: kind 0 is an empty slot; map units; degrees."""
SUNK = 8
"""Texels of a picture that lie below its thing's feet: some are drawn into the ground."""
GAIN = 8.0
"""Texels are learnt at this many times the learning rate of the rest: each is seen by few pixels."""
NEAREST = 4.0
"""Map units in front of the eye from which on things are drawn."""
NO_OUTLINE = 0.02
"""Presence that differs by no more all over a picture is noise."""
WALL_SLACK = 24.0
"""Map units by which a thing may stand behind what is taken for a wall and still be drawn."""


@dataclass(frozen=True)
class Seen:
    """Things [..., S] as seen from a pose: all in map units but ``facet``; ``depth`` <= 0 is behind."""

    depth: Tensor
    aside: Tensor
    facet: Tensor


def look_at(pose: Tensor, things: Tensor, facets: int) -> Seen:
    """Things [B, S, >= 5] seen from poses [B, 3]."""
    cos, sin = heading_vector(pose[:, 2, None])
    dx, dy = things[..., X] - pose[:, 0, None], things[..., Y] - pose[:, 1, None]
    towards = torch.rad2deg(torch.atan2(-dy, -dx))
    facet = ((towards - things[..., ANGLE]) * (facets / 360.0)).round().long().remainder(facets)
    return Seen(dx * cos + dy * sin, dx * sin - dy * cos, facet)


class Sprites(nn.Module):
    """``texels``: [kinds * facets * side * side, 4], red, green, blue in about [-1, 1] and the logit of being
    there, each by ``GAIN``; row 0 of a picture is its lowest.
    """

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.kinds, self.facets, self.side = len(config.things), config.facets, config.sprite
        self.eye_height = config.camera.eye_height
        texels = torch.zeros(self.kinds * self.facets * self.side * self.side, 4)
        texels[..., 3] = -1.0 / GAIN
        self.texels = nn.Parameter(texels)
        self.dimming = Dimming()
        self.fixed: Tensor | None = None
        self.fixed_middle: Tensor | None = None

    def fix(self) -> None:
        """Weights do not change any more: what is derived from them is kept."""
        self.fixed, self.fixed_middle = self.premultiplied().detach(), self.middle()

    def middle(self) -> Tensor:
        """[kinds]: presence half-way between the least and the most that a kind's pictures have; 0.5 where
        they have no outline yet.

        How sure training was of a picture varies; its outline is where presence changes.
        """
        if self.fixed_middle is not None:
            return self.fixed_middle
        there = self.premultiplied().detach()[:-1, 3].view(self.kinds, -1)
        least, most = there.amin(1), there.amax(1)
        return torch.where(most - least > NO_OUTLINE, 0.5 * (least + most), 0.5)

    def premultiplied(self) -> Tensor:
        """[kinds * facets * side * side + 1, 4]: colour times presence, and presence; the last is nothing."""
        if self.fixed is not None:
            return self.fixed
        texels = self.texels.float() * GAIN
        there = texels[:, 3:].sigmoid()
        return F.pad(torch.cat([texels[:, :3] * there, there], dim=1), (0, 0, 0, 1))

    def front(
        self, pose: Tensor, things: Tensor, row: Tensor, column: Tensor, wall: Tensor, view: View
    ) -> tuple[Tensor, Tensor]:
        """Which thing's picture pixels at row, column [B, P] lie in.

        wall: [B, P], depth of what stands there, map units.

        Returns:
            index [B, P] of the nearest, -1 where there is none; and how many there are.
        """
        seen = look_at(pose, things, self.facets)
        down, across = view.samples.rays(row, column)
        depth = seen.depth[:, None]
        left = across.mean(-1)[..., None] * depth - seen.aside[:, None]
        height = self.eye_height - down.mean(-1)[..., None] * depth - things[:, None, :, Z]
        inside = (left.abs() < self.side / 2) & (height > -SUNK) & (height < self.side - SUNK)
        shown = inside & (depth > NEAREST) & (depth < wall[..., None] + WALL_SLACK)
        shown &= things[:, None, :, KIND] > 0.5
        nearest = torch.where(shown, depth, torch.inf)
        found = nearest.argmin(-1)
        return torch.where(shown.any(-1), found, -1), shown.sum(-1)

    def forward(self, pose: Tensor, thing: Tensor, row: Tensor, column: Tensor, view: View) -> Tensor:
        """[N, 4]: colour times presence, and presence, of one thing [N, >= 5] each, at pixels [N]."""
        seen = look_at(pose, thing[:, None], self.facets)
        down, across = view.samples.rays(row, column)
        depth = seen.depth[:, :, None]
        left = across[:, None, :] * depth - seen.aside[:, :, None]
        height = self.eye_height - down[:, :, None] * depth - thing[:, Z, None, None]
        texel_x = (left + self.side / 2).floor().long().expand(-1, down.shape[1], -1)
        texel_y = (height + SUNK).floor().long().expand(-1, -1, across.shape[1])
        kind = (thing[:, KIND] - 1.0).round().long()[:, None, None]
        picture = kind * self.facets + seen.facet[:, :, None]
        inside = (texel_x >= 0) & (texel_x < self.side) & (texel_y >= 0) & (texel_y < self.side) & (kind >= 0)
        table = self.premultiplied()
        texels = (picture * self.side + texel_y) * self.side + texel_x
        texels = torch.where(inside, texels, len(table) - 1).flatten(1)
        mean = F.embedding_bag(texels, table, mode="mean")
        colour = self.dimming.lit(mean[:, :3], mean[:, 3:], seen.depth[:, 0])
        return torch.cat([colour, mean[:, 3:]], dim=1)

    @torch.no_grad()
    def image(self, pose: Tensor, things: Tensor, inverse: Tensor, view: View) -> Tensor:
        """[B, 6, H, W]: all things [B, S, >= 5] from poses [B, 3], nearer ones before farther ones.

        Colour times presence, presence, 1 / depth and kind; the last two of the nearest whose outline covers
        most of the pixel, 0 where none does. inverse: [B, H, W], 1 / depth of what stands.
        """
        batch, height, width = inverse.shape
        if pose.device.type == "cpu":
            samples, poses = view.samples, pose.float().contiguous().numpy()
            there = things.float().contiguous().numpy()
            depth, aside = np.empty((2, *there.shape[:2]), np.float32)
            facet, order = np.empty((2, *there.shape[:2]), np.int64)
            see_things(poses, there, self.facets, depth, aside, facet, order)
            out = np.zeros((batch, 6, height, width), np.float32)
            cast_things(
                there,
                depth,
                aside,
                facet,
                order,
                self.dimming(torch.from_numpy(depth)).contiguous().numpy(),
                inverse.contiguous().numpy(),
                samples.across.numpy(),
                samples.down.numpy(),
                self.premultiplied().numpy(),
                self.middle().numpy(),
                self.facets,
                self.side,
                self.eye_height,
                out,
            )
            return torch.from_numpy(out)
        return self._layered(pose, things, inverse, view)

    def _layered(self, pose: Tensor, things: Tensor, inverse: Tensor, view: View) -> Tensor:
        batch, height, width = inverse.shape
        count = height * width
        row = torch.arange(height, device=pose.device)[:, None].expand(height, width).reshape(1, count)
        column = torch.arange(width, device=pose.device).repeat(height)[None]
        wall = inverse.flatten(1).reciprocal()
        order = look_at(pose, things, self.facets).depth.argsort(dim=1)
        rows, columns = row.expand(batch, -1), column.expand(batch, -1)
        colour = pose.new_zeros(batch, count, 3)
        left = pose.new_ones(batch, count, 1)
        near, kinds = pose.new_zeros(batch, count), pose.new_zeros(batch, count)
        for place in range(things.shape[1]):
            one = things[torch.arange(batch, device=pose.device), order[:, place]]
            found, _ = self.front(pose, one[:, None], rows, columns, wall, view)
            many = one.repeat_interleave(count, dim=0)
            mean = self(pose.repeat_interleave(count, dim=0), many, rows.flatten(), columns.flatten(), view)
            mean = mean.view(batch, count, 4) * (found >= 0)[..., None]
            number = one[:, KIND].round().long().clamp(min=1) - 1
            solid = (mean[..., 3] > self.middle()[number][:, None]) & (near == 0.0)
            depth = look_at(pose, one[:, None], self.facets).depth
            near = torch.where(solid, depth.clamp(min=1.0).reciprocal(), near)
            kinds = torch.where(solid, one[:, None, KIND], kinds)
            colour = colour + left * mean[..., :3]
            left = left * (1.0 - mean[..., 3:])
        out = torch.cat([colour, 1.0 - left, near[..., None], kinds[..., None]], dim=2)
        return out.movedim(1, 2).reshape(batch, 6, height, width)

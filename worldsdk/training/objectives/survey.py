"""Measuring the ground of a world seen from above, and what else recordings tell without learning."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.convnet.ground import CELL, Ground
from worldsdk.models.convnet.ground_loop import throw_back, view_ground
from worldsdk.models.convnet.overhead import OverheadModel
from worldsdk.training.footage import Footage

FRAMES = 6144
"""Thrown back onto the ground, at most."""
PLOT = 8.0
"""Side in metres of the squares that as many frames are taken from each as from any other."""
ROUNDS = 3
"""Of correction by what frames look like from the ground found so far."""
CHUNK = 64
ALIEN = 4.0
"""A pixel shows something else than ground where it is off by so many times the median pixel's error."""
TOUCH = 0.01
"""Metres before the first place of an end that the end already lies."""
SPOT = 0.5
"""Metres between the places that are asked whether they pay."""

Floats = NDArray[np.float32]


def survey(model: OverheadModel, footage: Footage, seed: int = 0) -> None:
    """Fills the model's buffers from training frames; does nothing where they are filled, as by the objective
    of the stage before. The same frames give the same buffers: a run that is resumed surveys again.
    """
    if bool(model.ground.texels.any()):
        return
    measure_strides(model, footage)
    at = _spread(footage, np.random.default_rng(seed))
    pictures = footage.pixels[torch.from_numpy(at).to(footage.pixels.device)].cpu()
    poses = footage.variables[torch.from_numpy(at).to(footage.variables.device), :3]
    texels, alien = find_ground(model.ground, poses, pictures)
    model.ground.texels.copy_(torch.from_numpy(texels))
    model.overlay.alien.copy_(torch.from_numpy(alien))
    find_verge(model.ground, footage)


def _spread(footage: Footage, draw: np.random.Generator) -> NDArray[np.int64]:
    """Training frames in order, seldom visited places as well represented as others."""
    if len(footage.train) <= FRAMES:
        return footage.train
    places = footage.variables[torch.from_numpy(footage.train).to(footage.variables.device), :2]
    _, plot, count = np.unique(
        (places.cpu().numpy() // PLOT).astype(np.int64), axis=0, return_inverse=True, return_counts=True
    )
    share = 1.0 / count[plot.reshape(-1)]
    chosen: NDArray[np.int64] = draw.choice(footage.train, FRAMES, replace=False, p=share / share.sum())
    return np.sort(chosen)


def measure_strides(model: OverheadModel, footage: Footage) -> None:
    """What is usual of each variable, and by how much a tick changes it."""
    motion = model.motion
    at = torch.from_numpy(footage.windows(1, 1)).to(footage.variables.device)
    own = footage.variables[at, 3:]
    change = own - footage.variables[at - 1, 3:]
    motion.mean.copy_(own.mean(dim=0))
    motion.spread.copy_(own.std(dim=0).clamp(min=1e-3))
    motion.stride.copy_(change.std(dim=0).clamp(min=1e-3))


def find_verge(ground: Ground, footage: Footage) -> None:
    """How far each cell is from ground that pays, and how far from there the episode ended.

    Ground pays that has the colour that was under those who were paid, within half of what tells it from
    the colour that was under the others. From recorded places alone, edges would be found where somebody
    happened to drive.
    """
    at = torch.from_numpy(footage.train).to(footage.variables.device)
    colours = ground.under(footage.variables[at, :3])[:, :3].cpu()
    paid = (footage.reward[at] > 0.0).cpu()
    if not bool(paid.any()) or bool(paid.all()):
        return
    like, unlike = colours[paid].median(dim=0).values, colours[~paid].mean(dim=0)
    rows, columns = ground.away.shape
    spots = _grid(ground, SPOT)
    poses = torch.cat([spots, torch.zeros_like(spots[:, :1])], dim=1)
    shown = ground.under(poses.to(at.device))[:, :3].cpu()
    pays = (shown - like).norm(dim=1) < 0.5 * (unlike - like).norm()
    if not bool(pays.any()):
        return
    cells = _grid(ground, CELL)
    nearest = torch.cat([torch.cdist(part, spots[pays]).amin(dim=1) for part in torch.split(cells, 1024)])
    ground.away.copy_(nearest.view(rows, columns))
    distance, ended = ground.distance(footage.variables[at, :2]), footage.ended[at] > 0.5
    if bool(ended.any()):
        # Where the fewest frames are on the wrong side.
        tried = distance[ended].sort().values - TOUCH
        wrong = torch.stack([((distance >= verge) != ended).sum() for verge in tried])
        ground.verge.copy_(tried[wrong.argmin()])


def _grid(ground: Ground, every: float) -> Tensor:
    """Places [N, 2] all over the ground that may be stood on, row by row, as ``Ground.away`` has cells."""
    rows, columns = ((size - 1) * CELL for size in ground.away.shape)
    y, x = torch.meshgrid(
        torch.arange(0.0, rows + 1e-3, every), torch.arange(0.0, columns + 1e-3, every), indexing="ij"
    )
    return torch.stack([x, y], dim=-1).view(-1, 2) + ground.corner.cpu()


def find_ground(
    ground: Ground, poses: Tensor, pictures: Tensor
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Texels [rows, columns, 3] from frames uint8 [N, H, W, 3] that were seen from poses [N, 3]; and which
    pixels [H, W] show something else, or border on one that does.

    Every frame is thrown back onto the ground, and a texel is the mean of all pixels that it lies in. What
    such means blur is taken back by throwing what frames look like then, less what they should, after them
    (simultaneous iterative reconstruction, Gilbert 1972). Pixels that this explains badly, wherever the
    camera is, show what goes along with it, and are left out.
    """
    grid = ground.poses_to_loop(poses)
    right, ahead = ground.right.cpu().numpy(), ground.ahead.cpu().numpy()
    frames = pictures.numpy()
    shape = tuple(ground.texels.shape)
    sums, counts = np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32)
    usable = np.ones(frames.shape[1:3], np.bool_)
    means, _ = _throw(frames, None, grid, usable, right, ahead, sums, counts)
    _, error = _throw(frames, means, grid, ~usable, right, ahead, sums, counts)
    alien = torch.from_numpy(error >= ALIEN * max(float(np.median(error)), 1.0))
    alien = F.max_pool2d(alien[None].float(), 3, stride=1, padding=1)[0] > 0.0
    usable = ~alien.numpy()
    means, _ = _throw(frames, None, grid, usable, right, ahead, sums, counts)
    known = counts > 0.0
    means = _filled(means, known)
    for _ in range(ROUNDS):
        change, _ = _throw(frames, means, grid, usable, right, ahead, sums, counts)
        means += change
    texels: NDArray[np.uint8] = means.clip(0.0, 255.0).round().astype(np.uint8)
    return texels, ~usable


def _throw(
    frames: NDArray[np.uint8],
    texels: Floats | None,
    grid: Floats,
    usable: NDArray[np.bool_],
    right: Floats,
    ahead: Floats,
    sums: Floats,
    counts: Floats,
) -> tuple[Floats, Floats]:
    """Mean [rows, columns, 3] of the pixels that texels lie in, less what ``texels`` look like where they are
    given; and the mean error [H, W] of what they look like.
    """
    sums.fill(0.0)
    counts.fill(0.0)
    error = np.zeros(frames.shape[1:3], np.float64)
    for begin in range(0, len(frames), CHUNK):
        part = frames[begin : begin + CHUNK].astype(np.float32)
        poses = grid[begin : begin + CHUNK]
        if texels is not None:
            seen = np.empty_like(part)
            view_ground(poses, texels, right, ahead, 1.0, 0.0, seen)
            part -= seen
            error += np.abs(part).mean(axis=3).sum(axis=0)
        if usable.any():
            throw_back(poses, part, usable, right, ahead, sums, counts)
    means: Floats = np.divide(sums, np.maximum(counts, 1.0)[:, :, None], dtype=np.float32)
    return means, (error / len(frames)).astype(np.float32)


def _filled(texels: Floats, known: NDArray[np.bool_]) -> Floats:
    """Texels that nobody saw take the mean colour of those nearby that somebody did."""
    if known.all() or not known.any():
        return texels
    weight = torch.from_numpy(known.astype(np.float32))[None, None]
    levels = [torch.cat([torch.from_numpy(texels).movedim(-1, 0)[None] * weight, weight], dim=1)]
    while max(levels[-1].shape[2:]) > 1:
        levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True))
    guess = levels[-1]
    for level in reversed(levels):
        wide = F.interpolate(guess, size=level.shape[2:], mode="nearest")
        # From here on the last channel, the weight, is 1.
        guess = torch.where(level[:, 3:] > 0.0, level, wide)
        guess = guess / guess[:, 3:].clamp(min=1e-9)
    filled: Floats = guess[0, :3].movedim(0, -1).contiguous().numpy()
    return filled

"""What one watches while training runs: curves, filmstrips of real above dreamt, and their figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from worldsdk.errors import DatasetError
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.metrics import psnr
from worldsdk.models.interface import ModelSpec, WorldModel
from worldsdk.packs.storage import atomic_file
from worldsdk.training.footage import Footage

HORIZONS = (1, 4, 16, 64)
STRIP_SCALE = 2
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a", "#bf3989", "#0a7480")


class Monitor:
    """Appends to ``curves.jsonl`` and redraws ``curves.png`` and ``strip-<stage>.png`` in ``folder``.

    Args:
        folder: of the run.
        footage: whose held-out windows are dreamt, or others where none is long enough.
        spec: of the model: the frames and the memory that it starts from.
        windows: how many are dreamt each time, always the same ones.
    """

    def __init__(self, folder: Path, footage: Footage, spec: ModelSpec, windows: int = 12) -> None:
        self.folder = folder
        self.footage = footage
        self.spec = spec
        try:
            fitting = footage.windows(spec.history, HORIZONS[-1], held_out=True)
        except DatasetError:  # a small recording: then what it has learnt from must do
            fitting = footage.windows(spec.history, HORIZONS[-1])
        self.at = fitting[np.linspace(0, len(fitting) - 1, windows).astype(np.int64)]

    def note(self, row: Mapping[str, object]) -> None:
        with (self.folder / "curves.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def dream(self, model: WorldModel, stage: str) -> dict[str, float]:
        """Dreams the held-out windows, draws the strip, and returns ``psnr_<horizon>`` in dB."""
        rows = torch.from_numpy(self.at[:, None] + np.arange(HORIZONS[-1])).to(self.footage.pixels.device)
        context = self.footage.context(self.at, self.spec.history, self.spec.memory)
        with torch.autocast(self.footage.pixels.device.type, dtype=torch.bfloat16):
            dream = ModelDreamer(model, 1, self.spec.enlarges).dream(
                context, self.footage.controls[rows], range(len(self.at))
            )
        truth: NDArray[np.uint8] = self.footage.pixels[rows].cpu().numpy()
        self._strip(truth, dream.pixels, stage)
        return {f"psnr_{h}": float(np.mean(psnr(truth[:, h - 1], dream.pixels[:, h - 1]))) for h in HORIZONS}

    def _strip(self, truth: NDArray[np.uint8], dream: NDArray[np.uint8], stage: str) -> None:
        shown = [0, 3, 7, 15, 31, 47, 63]
        rows = []
        for real, dreamt in list(zip(truth, dream, strict=True))[:6]:
            rows.append(np.concatenate([real[t] for t in shown], axis=1))
            rows.append(np.concatenate([dreamt[t] for t in shown], axis=1))
        sheet = np.concatenate(rows, axis=0).repeat(STRIP_SCALE, axis=0).repeat(STRIP_SCALE, axis=1)
        _save_png(Image.fromarray(sheet), self.folder / f"strip-{stage}.png")

    def draw_curves(self) -> None:
        """One small chart for each figure that was noted, over minutes."""
        path = self.folder / "curves.jsonl"
        if not path.exists():
            return
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        names = sorted({name for row in rows for name in row} - {"minutes", "stage", "step", "frames"})
        charts = [
            _chart(
                name, [(row["minutes"], row[name]) for row in rows if name in row], COLOURS[i % len(COLOURS)]
            )
            for i, name in enumerate(names)
        ]
        if not charts:
            return
        across = 3
        width, height = charts[0].size
        sheet = Image.new("RGB", (across * width, -(-len(charts) // across) * height), "white")
        for i, chart in enumerate(charts):
            sheet.paste(chart, (i % across * width, i // across * height))
        _save_png(sheet, self.folder / "curves.png")


def _chart(name: str, points: list[tuple[float, float]], colour: str) -> Image.Image:
    width, height, left, top, bottom = 320, 180, 52, 24, 22
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    # The first few values dwarf all that follow: leave the highest twentieth out of a falling curve's scale.
    low, high = min(ys), sorted(ys)[min(len(ys) - 1, int(len(ys) * 0.97))]
    span_x, span_y = max(max(xs) - min(xs), 1e-9), max(high - low, 1e-9)
    line = [
        (
            left + (x - min(xs)) / span_x * (width - left - 10),
            height - bottom - min(1.0, (y - low) / span_y) * (height - top - bottom),
        )
        for x, y in points
    ]
    draw.line([(left, top), (left, height - bottom), (width - 8, height - bottom)], fill="#8c959f")
    if len(line) > 1:
        draw.line(line, fill=colour, width=2)
    draw.text((left, 6), f"{name}: {ys[-1]:.4g}", fill="black")
    draw.text((4, top - 4), f"{high:.3g}", fill="#57606a")
    draw.text((4, height - bottom - 10), f"{low:.3g}", fill="#57606a")
    draw.text((width - 60, height - 16), f"{max(xs):.1f} min", fill="#57606a")
    return image


def _save_png(image: Image.Image, path: Path) -> None:
    with atomic_file(path) as file:
        image.save(file, format="PNG")

"""Feature networks from files: run as they are, refused by name, and never replaced by another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.evaluation.toy import HISTORY, RATE_HZ, Oracle, held_out
from worldsdk.errors import EvaluationError
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.evaluate import Settings, evaluate
from worldsdk.evaluation.networks import CLIP_FRAMES, PictureNetwork, VideoNetwork
from worldsdk.evaluation.report import to_json, to_markdown
from worldsdk.evaluation.truth import Instruments


class Apart(nn.Module):
    """Mean absolute difference, shaped as LPIPS returns it."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (a - b).abs().mean(dim=(1, 2, 3), keepdim=True)


class Film(nn.Module):
    """Mean colour of a clip and its spread over time."""

    def forward(self, video: Tensor) -> Tensor:
        means = video.mean(dim=(3, 4))
        return torch.cat([means.mean(dim=2), means.std(dim=2)], dim=1)


class Published(nn.Module):
    """Has the switches of the published file, and shows how they were set."""

    def forward(self, video: Tensor, rescale: bool, resize: bool, return_features: bool) -> Tensor:
        set_so = [float(rescale), float(resize), float(return_features)]
        return torch.tensor(set_so).expand(video.shape[0], 3) + video.mean() * 0.0


def saved(module: nn.Module, file: Path) -> Path:
    torch.jit.save(torch.jit.script(module), str(file))
    return file


def test_pictures_are_given_in_the_range_that_is_promised(tmp_path: Path) -> None:
    network = PictureNetwork(saved(Apart(), tmp_path / "apart.pt"), "--lpips-network")
    black, white = np.zeros((3, 8, 8, 3), np.uint8), np.full((3, 8, 8, 3), 255, np.uint8)
    assert network.distance(black, white) == pytest.approx([2.0] * 3)
    assert not network.distance(white, white).any()
    assert network.about()["network"] == "apart.pt" and len(network.about()["sha256"]) == 64


def test_clips_are_enlarged_and_switches_set(tmp_path: Path) -> None:
    clips = np.random.default_rng(0).integers(0, 256, (2, CLIP_FRAMES, 12, 16, 3), dtype=np.uint8)
    found = VideoNetwork(saved(Film(), tmp_path / "film.pt"), "--fvd-network").features(clips)
    # Enlarging weighs the pixels at the edges a little differently.
    colours = clips.mean(axis=(1, 2, 3)) / 127.5 - 1.0
    assert found.shape == (2, 6) and found[:, :3] == pytest.approx(colours, abs=0.02)
    published = VideoNetwork(saved(Published(), tmp_path / "published.pt"), "--fvd-network")
    assert published.features(clips).tolist() == [[0.0, 0.0, 1.0]] * 2


@pytest.mark.parametrize("content", [None, b"", b"not a network", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "net.pt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"--lpips-network .*net\.pt"):
        PictureNetwork(file, "--lpips-network")


def test_a_network_for_something_else_is_refused(tmp_path: Path) -> None:
    wrong = PictureNetwork(saved(Film(), tmp_path / "film.pt"), "--lpips-network")
    with pytest.raises(EvaluationError, match="--lpips-network"):
        wrong.distance(np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8))


def test_figures_stand_in_the_report_with_the_network_s_name(tmp_path: Path) -> None:
    kit = Instruments(
        picture=PictureNetwork(saved(Apart(), tmp_path / "apart.pt"), "--lpips-network"),
        video=VideoNetwork(saved(Film(), tmp_path / "film.pt"), "--fvd-network"),
    )
    heldout, model = held_out(6, 80), Oracle()
    starts = heldout.gather(heldout.places(2, HISTORY, 1), HISTORY, 1).context
    settings = Settings(horizons=(1, 16), next_windows=4, windows=4, sessions=0)
    results = evaluate(ModelDreamer(model, 1), heldout, starts, settings, RATE_HZ, None, kit)
    about = {"world": "toy", "data": {"game": "toy", "frames": 480, "episodes": 6}}
    report = to_json(results, about)
    assert report["lpips"]["network"] == "apart.pt" and report["lpips"]["rollout"]["16"]["mean"] == 0.0
    assert report["lpips"]["repeat"]["16"]["mean"] > 0.0
    assert report["fvd"]["fvd"] == pytest.approx(0.0, abs=1e-6) and report["fvd"]["clips"] == 4
    assert set(report["not_measured"]) == {"frechet", "obedience", "geometry"}
    card = to_markdown(report, model.spec)
    assert "LPIPS (network apart.pt)" in card and "(network film.pt)" in card
    without = to_json(evaluate(ModelDreamer(model, 1), heldout, starts, settings, RATE_HZ), about)
    assert without["lpips"] is None and without["fvd"] is None
    assert {"lpips", "fvd"} < set(without["not_measured"])
    assert "LPIPS: no published feature network was supplied" in to_markdown(without, model.spec)

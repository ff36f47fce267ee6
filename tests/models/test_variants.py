"""What a family offers is found, joined and refused by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from worldsdk.errors import PackError
from worldsdk.models.precision import has_bfloat16
from worldsdk.models.variants import FORMAT, NEEDS_GPU, Ready, Variant, find_variant, join, variants_of

CPU = torch.device("cpu")

THIRD_PARTY = """
from worldsdk.models.variants import FORMAT, Variant

def variants(config, device):
    if config.get("bad"):
        raise ValueError("bad is set")
    twice = [Variant("wide", "size")] if config.get("twice") else []
    return [
        Variant("wide", "size", {"width": config.get("width", 1) * 2}),
        Variant("int8", FORMAT, {"bits": 8}),
        *twice,
    ]
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed package with a family, and a module of variants beside its entry point."""
    home = tmp_path / "third_party_world"
    home.mkdir()
    (home / "__init__.py").write_text("def build(config): ...\n")
    (home / "variants.py").write_text(THIRD_PARTY)
    told = tmp_path / "third_party_world-0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party-world\nVersion: 0\n")
    (told / "entry_points.txt").write_text("[worldsdk.families]\nthird = third_party_world:build\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("third_party_world")]:
        monkeypatch.delitem(sys.modules, name)
    return "third"


def test_a_package_adds_its_own(family: str) -> None:
    known = variants_of(family, {"width": 3}, CPU)
    assert find_variant("wide", known).config == {"width": 6}
    # Its own counts before the common one, which says that there is none.
    assert find_variant("int8", known).config == {"bits": 8}
    assert [v.name for v in known].count("int8") == 1
    both = find_variant("wide+float32+int8", known)
    assert both.config == {"width": 6, "bits": 8} and both.prepared() == Ready(quick=False)
    assert both.name == "wide+float32+int8"


def test_what_cannot_be_used_is_refused(family: str) -> None:
    known = variants_of(family, {}, CPU)
    with pytest.raises(PackError, match=r"no variant 'wider'.*'wide'"):
        find_variant("wider", known)
    with pytest.raises(PackError, match=f"'graphs' cannot be had: {NEEDS_GPU}"):
        find_variant("wide+graphs", known)
    with pytest.raises(PackError, match="bad is set"):
        variants_of(family, {"bad": 1}, CPU)
    with pytest.raises(PackError, match="twice"):
        variants_of(family, {"twice": 1}, CPU)
    with pytest.raises(PackError, match="not installed"):
        variants_of("nobody", {}, CPU)


def test_every_family_has_the_common_ones() -> None:
    known = {variant.name: variant for variant in variants_of("convnet", {}, CPU)}
    assert set(known) == {"float32", "bfloat16", "int8", "int4", "contiguous", "compiled", "graphs"}
    assert known["float32"].toggle == FORMAT and not known["float32"].prepared().quick
    assert bool(known["bfloat16"].missing) != has_bfloat16(CPU)
    assert known["graphs"].missing == NEEDS_GPU


def test_of_two_that_change_the_same_the_later_counts() -> None:
    first = Variant("a", "x", {"n": 1, "m": 1}, {"quick": False})
    second = Variant("b", "y", {"n": 2}, {"quick": True}, missing="no reason")
    joined = join([first, second])
    assert joined.config == {"n": 2, "m": 1} and joined.prepared().quick and joined.missing == "no reason"
    assert join([]).name == "default"

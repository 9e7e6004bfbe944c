"""The compose files name settings and volumes that exist, and the arithmetic of docs/scaling.md adds up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from retrieval.settings import Placement, Settings

ROOT = Path(__file__).resolve().parent.parent


def services(name: str) -> dict[str, Any]:
    """Return a compose file's services, its volumes checked."""
    found = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    used = [volume.split(":")[0] for service in found["services"].values() for volume in service["volumes"]]
    assert sorted(used) == sorted(found["volumes"])  # each has its own
    services: dict[str, Any] = found["services"]
    return services


def test_three_nodes_with_two_copies() -> None:
    """Each node tells its own address, the second and third begin with the first; the page asks for two copies."""
    found = services("compose.cluster.yaml")
    settings = Settings.from_env(found.pop("page")["environment"])
    assert settings.qdrant_url == "http://qdrant:6333"
    assert settings.placement == Placement(6, 2, "int8", True)
    assert sorted(found) == ["node-1", "node-2", "node-3"]
    for name, node in found.items():
        assert node["command"][:3] == ["./qdrant", "--uri", f"http://{name}:6335"]
        assert node["command"][3:] == ([] if name == "node-1" else ["--bootstrap", "http://node-1:6335"])
        assert node["networks"]["default"]["aliases"] == ["qdrant"]
        assert node["environment"]["QDRANT__CLUSTER__ENABLED"] == "true"


def test_both_files_have_one_version_of_qdrant() -> None:
    """A cluster is no place for another one than a single server has."""
    image = services("compose.yaml")["qdrant"]["image"]
    assert {node["image"] for name, node in services("compose.cluster.yaml").items() if name != "page"} == {image}


def test_the_sums_of_the_page_on_scaling() -> None:
    """Every sum written out is right, and the sizes are passages times bytes times replicas."""
    text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    sums = re.findall(r"([\d.]+(?: ?[×+(] ?\(?[\d.]+\)*)+) = (\d+)", text)
    assert len(sums) == 7
    for left, right in sums:
        assert eval(left.replace("×", "*")) == pytest.approx(int(right), abs=0.5), left
    sizes = [1 * 1 * 3043, 10 * 2 * 843, 100 * 2 * 843], [1 * 1 * 6968, 10 * 2 * 7736, 100 * 2 * 7736]
    for row, megabytes in zip(("memory: passages", "disk: the same"), sizes, strict=True):
        line = next(line for line in text.splitlines() if line.startswith(f"| {row}"))
        shown = [float(value) for value in re.findall(r"([\d.]+) GB", line)]
        assert shown == pytest.approx([value / 1000 for value in megabytes], rel=0.02)

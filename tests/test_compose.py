"""The compose files name settings and volumes that exist, and the arithmetic of docs/scaling.md adds up."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from retrieval.settings import Access, Placement, Settings

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


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cluster.yaml"])
def test_the_page_runs_with_little_and_on_loopback(name: str) -> None:
    """Nothing to write to but its volume and /tmp, no privileges to gain; open without a login since only here."""
    page = services(name)["page"]
    assert page["read_only"] is True
    assert page["tmpfs"] == ["/tmp"]
    assert page["cap_drop"] == ["ALL"]
    assert page["security_opt"] == ["no-new-privileges:true"]
    assert page["ports"] == ["127.0.0.1:8501:8501"]
    assert Settings.from_env(page["environment"]).access == Access(open_without_login=True)


def dockerfile() -> list[str]:
    """Return the Dockerfile's instructions, lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_container_needs_no_shell_and_no_root() -> None:
    """A base pinned by its tag, a user of its own, commands as lists; it does not open itself to others."""
    lines = dockerfile()
    assert re.fullmatch(r"FROM python:3\.\d+\.\d+-slim-\w+", lines[0])
    assert lines.index("USER app") > max(number for number, line in enumerate(lines) if line.startswith("RUN"))
    commands = [json.loads(line.split("CMD ", 1)[1]) for line in lines if "CMD " in line]
    assert commands == [["python", "-m", "ui.health"], ["python", "-m", "ui", "--samples"]]
    values = dict(pair.split("=", 1) for line in lines if line.startswith("ENV") for pair in line.split()[1:])
    settings = Settings.from_env(values)
    assert values["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert settings.access == Access()
    assert settings.watch.metrics_port
    assert settings.library.is_relative_to("/data")


def test_every_package_is_installed_by_its_hash() -> None:
    """Each locked package has one, none is named with an address; the Dockerfile installs only torch otherwise."""
    for name in ("requirements.lock", "requirements-build.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
        assert "://" not in text
        assert not re.search(r"^-", text, re.MULTILINE)
        for line in text.splitlines():
            assert re.match(r"[a-z0-9._-]+==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", line), line
    installs = [part for line in dockerfile() for part in line.split("&&") if "pip install" in part]
    assert [part for part in installs if "--require-hashes" not in part and "--no-deps" not in part] == [
        "RUN pip install torch==2.13.0 --index-url ${TORCH_INDEX}"
    ]


def test_the_lock_has_what_the_project_asks_for() -> None:
    """Every package of pyproject.toml is locked in a version that it allows; torch is the Dockerfile's."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9._-]+)==([^ ]+)", text, re.MULTILINE))
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for requirement in map(Requirement, asked):
        name = canonicalize_name(requirement.name)
        if name == "torch":
            assert f"pip install {requirement} " in (ROOT / "Dockerfile").read_text(encoding="utf-8")
        else:
            assert requirement.specifier.contains(locked[name]), name

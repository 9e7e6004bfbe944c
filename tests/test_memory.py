"""A model that does not fit is refused with the figures, before it is fetched; the table that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checkpoints import write_encoder

from retrieval.batching import Compute
from retrieval.bi_encoder import BiEncoder
from retrieval.checkpoints import load_config
from retrieval.errors import ModelError
from retrieval.memory import available_bytes, count_parameters, needed_bytes, weights_type
from retrieval.models_table import table_lines
from retrieval.presets import ENCODERS
from retrieval.reranker_presets import RERANKERS
from tests.public_checkpoints import write_public

CPU = Compute(torch.device("cpu"), torch.bfloat16)
GPU = Compute(torch.device("cuda"), torch.bfloat16)
OLD_GPU = Compute(torch.device("cuda"), torch.float32)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a machine with 24 GB free."""
    monkeypatch.setattr("retrieval.memory.available_bytes", lambda compute: 24 * 10**9)
    monkeypatch.setattr("retrieval.models_table.available_bytes", lambda compute: 24 * 10**9)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", ["izhx/udever-bloom-7b1", "Alibaba-NLP/gte-Qwen2-7B-instruct"])
def test_hub_model_that_does_not_fit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """7.07e9 parameters of 4 bytes, and a tenth more, are 31.1 GB: nothing is fetched."""
    monkeypatch.setattr("retrieval.checkpoints.snapshot_download", lambda *_, **__: pytest.fail("fetched"))
    with pytest.raises(ModelError, match=rf"{name} needs about 31.1 GB .* this machine has 24.0 GB available: use a"):
        BiEncoder.from_pretrained(name, "cpu")


def test_local_model_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder's figure is that of its files."""
    write_encoder(tmp_path / "tiny")
    size = (tmp_path / "tiny" / "model.safetensors").stat().st_size
    monkeypatch.setattr("retrieval.memory.available_bytes", lambda compute: int(1.1 * size))
    BiEncoder.from_pretrained(str(tmp_path / "tiny"), "cpu")
    monkeypatch.setattr("retrieval.memory.available_bytes", lambda compute: int(1.1 * size) - 4)
    with pytest.raises(ModelError, match=r"tiny needs about 0.0 GB of memory and this machine has 0.0 GB available"):
        BiEncoder.from_pretrained(str(tmp_path / "tiny"), "cpu")


def test_parameters_of_a_folder(tmp_path: Path) -> None:
    """Files in bfloat16 hold two bytes a number; their header is a few thousand bytes."""
    for hub_id in ("cmarkea/bloomz-560m-retriever-v2", "thenlper/gte-base"):
        folder = write_public(tmp_path, hub_id)
        config = load_config(folder)
        assert str(config.dtype) == ("torch.bfloat16" if "bloomz" in hub_id else "torch.float32")
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        assert count_parameters(folder, config) == stored // (2 if "bloomz" in hub_id else 4)


@pytest.mark.parametrize(
    ("model_type", "compute", "expected"),
    [
        ("bloom", CPU, torch.float32),
        ("bloom", GPU, torch.bfloat16),
        ("qwen2", GPU, torch.bfloat16),
        ("qwen2", OLD_GPU, torch.float32),
        ("bert", GPU, torch.float32),
    ],
)
def test_type_of_weights(model_type: str, compute: Compute, expected: torch.dtype) -> None:
    """bfloat16 for the large ones on a GPU that has it; never float16."""
    assert weights_type(model_type, compute) is expected


def test_needed() -> None:
    """A tenth more than the weights: a 7B model in bfloat16 fits a card of 40 GB."""
    assert needed_bytes(7_000_000_000, torch.float32) == 30_800_000_000
    assert needed_bytes(7_000_000_000, torch.bfloat16) == 15_400_000_000


def test_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel says programs can still get; without that, the whole memory."""
    (tmp_path / "meminfo").write_text("MemTotal:       100 kB\nMemFree:   1 kB\nMemAvailable:  70 kB\n")
    monkeypatch.setattr("retrieval.memory._MEMINFO", tmp_path / "meminfo")
    assert available_bytes(CPU) == 70 * 1024
    monkeypatch.setattr("retrieval.memory._MEMINFO", tmp_path / "no such file")
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert available_bytes(CPU) == 4_096_000


@pytest.mark.usefixtures("memory")
def test_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each model; what does not fit, what is here and what may not be used commercially are visible."""
    hub = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub))
    repository = hub / "models--BAAI--bge-m3"
    write_encoder(repository / "snapshots" / ("a" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    lines = list(table_lines(CPU))
    cells = {line.split()[0]: line.split() for line in lines[1:-1]}
    assert list(cells) == [*ENCODERS, *RERANKERS]
    assert lines[0].split()[-4:] == ["memory", "type", "fits", "here"]
    assert cells["BAAI/bge-m3"][1:] == [
        "567",
        "M",
        "1024",
        "8192",
        "fr",
        "en",
        "zh",
        "mit",
        "2.5",
        "GB",
        "float32",
        "yes",
        "yes",
    ]
    zhihui = "7069 M 3584 512 fr en zh cc-by-nc-4.0 (NON-COMMERCIAL) 31.1 GB float32 no no"
    assert cells["Lenovo-Zhihui/Zhihui_LLM_Embedding"][1:] == zhihui.split()
    assert [name for name, row in cells.items() if row[-1] == "yes"] == ["BAAI/bge-m3"]
    assert len([name for name, row in cells.items() if row[-2] == "no"]) == 4  # the 7B models
    assert lines[-1] == "Available on this cpu: 24.0 GB."


@pytest.mark.parametrize("model_type", ["bloom", "qwen2"])
def test_half_precision_is_refused_where_it_overflows(model_type: str) -> None:
    """The message names the setting, the architecture and what to use."""
    half = Compute(torch.device("cuda"), torch.float16)
    said = f"QA_DTYPE is float16, .* a {model_type} model overflow .* bfloat16 or float32"
    with pytest.raises(ModelError, match=said):
        weights_type(model_type, half)
    assert weights_type("bert", half) == torch.float32

"""The forward loop on a module that echoes its input, and on the bundled bi-encoder."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from retrieval import batching
from retrieval.batching import Compute, cast_products, choose_compute, forward, token_budget
from retrieval.bi_encoder import BiEncoder
from retrieval.errors import SettingError

ENCODER = Path(__file__).resolve().parent.parent / "models" / "bi-encoder"
CPU = Compute(torch.device("cpu"), torch.float32)
TEXTS = ["", "x", "长", "😀", "Où est Paris ?", "长城有多长？", "The tower is 330 m high.", "a\u0000b \u200b\ufffd"]
LONG_TEXT = "word et mot 长 " * 1428  # 19,992 characters


class Echo(torch.nn.Module):
    """Returns its arguments and notes the shape of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, **inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return what came in."""
        self.shapes.append(tuple(inputs["input_ids"].shape))
        return inputs


def budget(lengths: list[int], tokens: int) -> list[list[int]]:
    """Return the batches of inputs given in ascending length."""
    return list(batching._within_budget(list(range(len(lengths))), lengths, tokens))


def test_batches_stay_within_the_budget() -> None:
    """Padding counts: three inputs of 2, 3 and 4 tokens take 12, so a budget of 11 parts them."""
    assert budget([2, 3, 4], 12) == [[0, 1, 2]]
    assert budget([2, 3, 4], 11) == [[0, 1], [2]]
    assert budget([2, 3, 4], 5) == [[0], [1], [2]]
    assert budget([], 5) == []


def test_an_input_over_the_budget_goes_alone() -> None:
    """It is run, not dropped and not a reason to loop for ever."""
    assert budget([1, 1, 100], 10) == [[0, 1], [2]]
    assert budget([100, 100], 10) == [[0], [1]]


@pytest.mark.parametrize(
    ("side", "ids", "mask", "types"),
    [
        ("right", [[7, 9, 9], [5, 6, 7]], [[1, 0, 0], [1, 1, 1]], [[1, 0, 0], [0, 0, 1]]),
        ("left", [[9, 9, 7], [5, 6, 7]], [[0, 0, 1], [1, 1, 1]], [[0, 0, 1], [0, 0, 1]]),
    ],
)
def test_padding(side: batching.PaddingSide, ids: list[object], mask: list[object], types: list[object]) -> None:
    """Ids are filled with the padding id (9 here), masks and token types with 0, on the asked side."""
    encoded = [{"input_ids": [5, 6, 7], "token_type_ids": [0, 0, 1]}, {"input_ids": [7], "token_type_ids": [1]}]
    (batch,) = forward(Echo(), encoded, 9, side, CPU)
    assert batch.rows == [1, 0]  # shorter first
    assert batch.output["input_ids"].tolist() == ids
    assert batch.output["token_type_ids"].tolist() == types
    assert batch.output["attention_mask"].tolist() == batch.mask.tolist() == mask


def test_rows_restore_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each input's own first id comes back at its own row, through batches of different widths."""
    monkeypatch.setitem(batching._TOKEN_BUDGET, "cpu", 12)
    lengths = [5, 1, 9, 3, 3, 20, 2]
    encoded = [{"input_ids": [100 + row] * length} for row, length in enumerate(lengths)]
    model, found, seen = Echo(), {}, []
    for batch in forward(model, encoded, 0, "right", CPU):
        seen.extend(batch.rows)
        for place, row in enumerate(batch.rows):
            found[row] = (int(batch.output["input_ids"][place, 0]), int(batch.mask[place].sum()))
    assert found == {row: (100 + row, length) for row, length in enumerate(lengths)}
    assert sorted(seen) == list(range(7))
    assert model.shapes == [(4, 3), (1, 5), (1, 9), (1, 20)]


def test_no_input_no_batch() -> None:
    """The model isn't called at all."""
    model = Echo()
    assert list(forward(model, [], 0, "right", CPU)) == []
    assert model.shapes == []


def test_products_are_in_the_chosen_type() -> None:
    """Under bfloat16 a matrix product comes out as bfloat16, under float32 not; gradients are off in both."""

    class Product(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return input_ids.float() @ attention_mask.float().T

    for dtype in (torch.float32, torch.bfloat16):
        (batch,) = forward(Product(), [{"input_ids": [1, 2]}], 0, "right", Compute(torch.device("cpu"), dtype))
        assert batch.output.dtype == dtype
        assert batch.output.is_inference()


@pytest.mark.parametrize("device", ["gpu", "cuda:1", "", "CPU", "mps"])
def test_unknown_device(device: str) -> None:
    """The message names the variable, the value and what is accepted."""
    with pytest.raises(SettingError, match=f"QA_DEVICE is '{device}'; use auto, cpu or cuda"):
        choose_compute(device)


def test_cuda_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit wish that can't be met is an error, not a silent change."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingError, match="QA_DEVICE is cuda, but PyTorch sees no GPU"):
        choose_compute("cuda")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    ("wish", "has_gpu", "device"),
    [
        ("auto", False, "cpu"),
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("auto", True, "cuda"),
        ("cuda", True, "cuda"),
    ],
)
def test_chosen_compute(monkeypatch: pytest.MonkeyPatch, native: bool, wish: str, has_gpu: bool, device: str) -> None:
    """Bfloat16 where that device has it natively, whatever the other device has."""
    on_cpu, on_gpu = (native, not native) if device == "cpu" else (not native, native)
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpu)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: on_cpu)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: on_gpu)
    assert choose_compute(wish) == Compute(torch.device(device), torch.bfloat16 if native else torch.float32)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("native", [True, False])
def test_chosen_number_type(monkeypatch: pytest.MonkeyPatch, native: bool, dtype: str) -> None:
    """What is asked for is taken, whatever the processor has natively."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: native)
    assert choose_compute("cpu", dtype) == Compute(torch.device("cpu"), getattr(torch, dtype))


@pytest.mark.parametrize("dtype", ["half", "Float32", "int8", ""])
def test_unknown_number_type(dtype: str) -> None:
    """The message names the variable, the value and what is accepted."""
    with pytest.raises(SettingError, match=f"QA_DTYPE is '{dtype}'; use auto, float32, bfloat16, float16"):
        choose_compute("cpu", dtype)


def test_batches_follow_the_memory_of_a_gpu() -> None:
    """BLOOM of 7 billion at length 512: 2 * (8 * 4096 + 4 * 16384 + 2 * 32 * 512) = 262,144 bytes a token."""
    bloom = SimpleNamespace(hidden_size=4096, num_attention_heads=32)
    # 40 GB less 14.1 of weights and 1 of CUDA: 12.45 / 262,144 bytes, 92 inputs at a time.
    assert token_budget(bloom, 512, 2, 24_900_000_000) == 47_492
    assert token_budget(bloom, 512, 2, 2 * 262_144 * 100) == 100
    assert token_budget(bloom, 512, 2, 10**12) == 65_536
    qwen = SimpleNamespace(hidden_size=3584, intermediate_size=18944, num_attention_heads=28)
    # 2 * (8 * 3584 + 4 * 18944 + 2 * 28 * 512) = 266,240 bytes.
    assert token_budget(qwen, 512, 2, 2 * 266_240 * 7 + 1) == 7


@pytest.mark.parametrize("native", [True, False], ids=["bfloat16", "float32"])
def test_a_vector_does_not_depend_on_its_batch(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    """Alone or beside a text of 20,000 characters, whatever the text, cosine > 0.9999."""
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: native)
    encoder = BiEncoder.from_pretrained(str(ENCODER), "cpu")
    together = encoder.encode_passages([*TEXTS, LONG_TEXT])
    assert together.shape == (len(TEXTS) + 1, 384)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    for text, beside in zip([*TEXTS, LONG_TEXT], together, strict=True):
        alone, pair = encoder.encode_passages([text])[0], encoder.encode_passages([LONG_TEXT, text])[1]
        assert min(alone @ beside, alone @ pair) > 0.9999


def test_cast_products_change_no_digit() -> None:
    """A product under autocast rounds float32 weights as keeping them in bfloat16 does; the rest stays in float32."""
    compute = Compute(torch.device("cpu"), torch.bfloat16)
    model = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 3))
    states = torch.arange(16.0).reshape(2, 8) / 7
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        before = model(states)
        cast_products(model, compute)
        assert torch.equal(model(states), before)
    assert [parameter.dtype for parameter in model.parameters()] == [
        *[torch.bfloat16] * 2,
        *[torch.float32] * 2,
        *[torch.bfloat16] * 2,
    ]


def test_float32_products_keep_their_weights() -> None:
    """Where products are in float32 nothing is rounded."""
    model = torch.nn.Linear(2, 2)
    before = model.weight.clone()
    cast_products(model, CPU)
    assert model.weight.dtype == torch.float32
    assert torch.equal(model.weight, before)

"""Tries, pauses, batches and errors of a server that is slow, overloaded, refusing or dying."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from model_servers import ModelServer, serving

from retrieval import inference_server
from retrieval.errors import ModelServerError, SettingError
from retrieval.inference_server import InferenceServer, ask_in_batches

BUSY = (429, {}, '{"error": "Model is overloaded", "error_type": "Overloaded"}')


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the pauses made, which take no time."""
    made: list[float] = []
    monkeypatch.setattr(inference_server, "sleep", made.append)
    return made


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """Give a running server."""
    with serving(ModelServer()) as running:
        yield running


def test_an_overloaded_server_is_asked_again(model: ModelServer, pauses: list[float]) -> None:
    """429 and 503 are waited out, twice as long each time, or as long as the server asks; so is a lost connection."""
    model.failures = [BUSY, (503, {"Retry-After": "7"}, "loading"), None, BUSY]
    assert InferenceServer(model.address).post("/embed", {"inputs": ["ab"]})[0][:3] == [1, 1, 0]
    assert pauses == [0.5, 7, 2, 4]
    assert len(model.asked) == 5


def test_a_server_that_stays_overloaded(model: ModelServer, pauses: list[float]) -> None:
    """After five tries the message says what the server said and what to do."""
    model.failures = [BUSY] * 9
    with pytest.raises(ModelServerError, match=r"HTTP 429: Model is overloaded\), after 5 tries") as caught:
        InferenceServer(model.address).get("/info")
    assert (caught.value.status, len(model.asked), pauses) == (429, 5, [0.5, 1, 2, 4])


def test_a_server_that_dies(pauses: list[float]) -> None:
    """A server gone between two requests is named, with what to check; nothing hangs."""
    with serving(ModelServer()) as model:
        address, server = model.address, InferenceServer(model.address)
        server.get("/info")
    with pytest.raises(ModelServerError) as caught:
        server.post("/embed", {"inputs": ["a"]})
    assert re.match(rf"The inference server {address} does not answer \(.+\), after 5 tries", str(caught.value))
    assert all(part in str(caught.value) for part in ("Check that it runs", "QA_ENCODER", "QA_RERANKER"))
    assert (caught.value.status, len(pauses)) == (None, 4)


@pytest.mark.parametrize(
    ("status", "text", "shown"),
    [
        (
            413,
            '{"error": "inputs must have less tokens", "error_type": "Validation"}',
            "inputs must have less",
        ),
        (422, '{"error": "Tokenization error", "error_type": "Tokenizer"}', "HTTP 422: Tokenization error"),
        (424, '{"error": "Inference failed", "error_type": "Backend"}', "Inference failed). See the server's log."),
        (400, '{"object": "error", "message": "too long", "code": 400}', "HTTP 400: too long"),
        (400, '{"error": {"message": "too long", "code": 400}}', "HTTP 400: too long"),
        (422, '{"detail": [{"msg": "Field required"}]}', "Field required"),
        (401, "no key", "HTTP 401: no key). Set QA_SERVER_KEY to its key."),
        (404, "", "HTTP 404: Not Found). A Text Embeddings Inference server is named as"),
        (500, "", "HTTP 500: Internal Server Error"),
        (200, "<html>", "something that was not expected"),
    ],
)
def test_a_refusal_is_final(model: ModelServer, pauses: list[float], status: int, text: str, shown: str) -> None:
    """It is not tried again; the message has the server's own words in whichever form."""
    model.failures = [(status, {}, text)]
    with pytest.raises(ModelServerError) as caught:
        InferenceServer(model.address).post("/embed", {"inputs": ["a"]})
    assert shown in str(caught.value)
    assert (pauses, len(model.asked)) == ([], 1)


def test_the_key_is_sent_and_not_shown(model: ModelServer) -> None:
    """As bearer token; without a key there is no such header."""
    InferenceServer(model.address, "a-secret").get("/info")
    InferenceServer(model.address).get("/info")
    assert [headers.get("Authorization") for headers in model.headers] == ["Bearer a-secret", None]
    model.failures = [(401, {}, "")]
    with pytest.raises(ModelServerError) as caught:
        InferenceServer(model.address, "a-secret").get("/info")
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "way_out"),
    [
        ("http://", "http://gpu:8080"),
        ("http://me:a-secret@gpu", "Take it out; QA_SERVER_KEY"),
        ("http://gpu:port", "http://gpu:8080"),
    ],
)
def test_what_is_no_address(address: str, way_out: str) -> None:
    """The message shows the way out, and never a password."""
    with pytest.raises(SettingError, match=way_out) as caught:
        InferenceServer(address)
    assert "a-secret" not in str(caught.value)


def test_batches_keep_the_order() -> None:
    """Batches that are too large are asked for in halves; what one text alone is refused with is the error."""
    asked: list[list[str]] = []

    def ask(batch: list[str]) -> list[int]:
        asked.append(batch)
        if len(batch) > 2 or "too long" in batch:
            raise ModelServerError("too large", 413)
        return [int(text) for text in batch]

    assert ask_in_batches(ask, [str(number) for number in range(11)], 5) == list(range(11))
    assert max(map(len, asked)) == 5
    assert ask_in_batches(ask, [], 5) == []
    with pytest.raises(ModelServerError, match="too large"):
        ask_in_batches(ask, ["1", "too long"], 5)


def test_a_missing_row_is_seen() -> None:
    """A server that gives fewer rows than texts does not shift the others."""
    with pytest.raises(ModelServerError, match="gave 1 rows for 2 texts"):
        ask_in_batches(lambda batch: batch[:1], ["a", "b"], 2)

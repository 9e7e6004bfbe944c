"""From a model's name to its loaded parts: folder, configuration, tokenizer, weights."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePath
from pickle import UnpicklingError
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

import torch
from huggingface_hub import model_info, snapshot_download
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from retrieval.batching import Compute
from retrieval.errors import ModelError
from retrieval.inference_server import is_address, is_hub_id

disable_progress_bar()  # type: ignore[no-untyped-call]
# It tells of weights that are not used, such as a BERT's pooling layer; weights that are missing are an error here.
logging.getLogger("transformers.modeling_utils").addFilter(lambda record: "LOAD REPORT" not in record.getMessage())

Row = TypeVar("Row")

_MEGABYTE = 1 << 20
_HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]
_PICKLED = "pytorch_model*.bin"
_HUB_SECONDS = 5.0  # from start to end, name look-up included
# These architectures number positions from the padding token's id on, so that many rows of their table are not used.
_OFFSET_POSITIONS = frozenset(
    {"camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xmod"}
)


def find_folder(name: str) -> Path:
    """Return the folder of a model named by a directory or a hub id, downloading it once if need be.

    Raises ModelError where there is no such directory and the hub has no such model or can't be reached.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not is_hub_id(name):
        raise ModelError(f"There is no model folder {name}. Give an existing folder or a hub id such as owner/model.")
    refusal = _ask_hub(name)
    fetch = partial(snapshot_download, name, local_files_only=refusal is not None)  # a copy fetched before will do
    try:
        folder = Path(fetch(allow_patterns=_HUB_FILES))
        if not weight_files(folder):  # some older models come in pickled files only
            folder = Path(fetch(allow_patterns=[_PICKLED]))
        return folder
    except Exception as error:  # the hub's client raises many unrelated types
        reason = refusal or error
        raise ModelError(
            f"The model {name} is not a folder here and could not be fetched from the model hub "
            f"({type(reason).__name__}: {_reason(reason)}). Check the name and the network, set HF_ENDPOINT to a "
            "mirror, fetch the model beforehand where there is a network, or give the folder of a copy."
        ) from reason


def _ask_hub(name: str) -> Exception | None:
    """Return why the hub does not give a model, None if it does; within `_HUB_SECONDS`.

    The hub's client itself waits for ever for a hub that takes the connection and says nothing.
    """
    answers: list[Exception | None] = []

    def ask() -> None:
        try:
            model_info(name, timeout=_HUB_SECONDS)
            answers.append(None)
        except Exception as error:
            answers.append(error)

    asking = Thread(target=ask, daemon=True)  # the look-up of the hub's address has no time limit of its own
    asking.start()
    asking.join(_HUB_SECONDS)
    return answers[0] if answers else TimeoutError(f"no answer within {_HUB_SECONDS:.0f} seconds")


def model_name(name: str) -> str:
    """Return a model's own name, also of a folder in the hub's cache; of an address the model after it, or the server.

    >>> model_name("/cache/models--owner--Some-Model/snapshots/0a1b2c"), model_name("owner/Some-Model")
    ('Some-Model', 'Some-Model')
    """
    folder, address = Path(name).expanduser().absolute(), urlsplit(name)
    served = (address.fragment or address.netloc) if is_address(name) else None
    return (served or cached_id(folder) or folder.name).split("/")[-1]


def find_row(rows: Mapping[str, Row], name: str) -> Row | None:
    """Return a table's row for a hub id, or for a folder: of the hub's cache, or named like the model; else None."""
    folder = Path(name).expanduser()
    by_id = {hub_id.casefold(): row for hub_id, row in rows.items()}
    if not folder.is_dir():
        return by_id.get(name.casefold())
    hub_id = cached_id(folder.absolute()) or cached_id(folder.resolve())
    if hub_id:
        return by_id.get(hub_id.casefold())
    return {key.split("/")[1]: row for key, row in by_id.items()}.get(folder.absolute().name.casefold())


def cached_id(folder: PurePath) -> str | None:
    """Return the hub id of models--owner--name/snapshots/revision, the form of the hub's cache."""
    repository = folder.parent.parent.name
    if folder.parent.name != "snapshots" or not repository.startswith("models--"):
        return None
    return "/".join(repository.split("--", 2)[1:])


def weight_files(folder: Path) -> list[Path]:
    """Return the files that hold a folder's weights: safetensors, else PyTorch's pickled ones."""
    return sorted(folder.glob("*.safetensors")) or sorted(folder.glob(_PICKLED))


def model_files(folder: Path) -> list[Path]:
    """Return every file that loading a folder may read, with its cards and licences.

    Weights that the folder's index names beside it, in another model's folder, are among them.
    """
    weights = {path.name for path in weight_files(folder)}
    found = {
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name in weights or any(fnmatch(name, pattern) for pattern in (*_HUB_FILES, "*.md", "LICENSE*"))
    }
    for index in folder.glob("*.index.json"):
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        found |= {Path(os.path.normpath(folder / name)) for name in named}
    return sorted(found)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return a folder's fast tokenizer; ModelError if it is missing or damaged."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"The tokenizer in {folder} cannot be read: {_reason(error)}") from error
    tokenizer.truncation_side = "right"  # never inherited: what is cut must not depend on a file
    if not tokenizer.is_fast:
        raise ModelError(f"The tokenizer in {folder} has no tokenizer.json, which this application needs.")
    return tokenizer


def load_config(folder: Path) -> PretrainedConfig:
    """Return a folder's configuration; ModelError if it is missing or damaged."""
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"{folder} is not a model folder, its config.json cannot be read: {_reason(error)}") from error
    return config


def load_weights(
    model_class: Any, folder: Path, compute: Compute, dtype: torch.dtype = torch.float32, **options: Any
) -> PreTrainedModel:
    """Return the model on the device, ready for inference; ModelError if weights are missing."""
    if not weight_files(folder):
        raise ModelError(
            f"The folder {folder} holds no weights (*.safetensors or {_PICKLED}): check the name, or download all of "
            "the model's files into it."
        )
    try:
        # The number type is given: left out, weights come in whatever type the file was saved in.
        model, info = model_class.from_pretrained(
            folder, dtype=dtype, weights_only=True, trust_remote_code=False, output_loading_info=True, **options
        )
    except UnpicklingError as error:
        raise ModelError(
            f"The weights in {folder} cannot be read: their file holds code, which is not run. Get this model as "
            "safetensors."
        ) from error
    except Exception as error:
        raise ModelError(f"The weights in {folder} cannot be read: {_reason(error)}") from error
    if info["missing_keys"]:
        raise ModelError(f"The weights in {folder} lack {sorted(info['missing_keys'])[0]}: another kind of model?")
    loaded: PreTrainedModel = model.eval().to(compute.device)
    return loaded


def label_ids(config: PretrainedConfig) -> dict[str, int]:
    """Return a classifier's labels and their places in its output."""
    return {str(label): int(place) for label, place in (config.label2id or {}).items()}


def token_limit(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the tokens a model takes, special ones included: its positions or the tokenizer's smaller limit."""
    limit = int(tokenizer.model_max_length)
    positions = int(getattr(config, "max_position_embeddings", limit))
    offset = config.pad_token_id + 1 if config.model_type in _OFFSET_POSITIONS else 0
    return min(limit, positions - offset)


def fingerprint(folder: Path) -> str:
    """Return a digest that changes with the weights: each file's size and its first and last megabyte."""
    digest = hashlib.blake2b(digest_size=8)
    for path in weight_files(folder):
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            digest.update(file.read(_MEGABYTE))
            file.seek(max(0, size - _MEGABYTE))
            digest.update(file.read())
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300] or type(error).__name__

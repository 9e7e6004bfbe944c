"""A file a person gives to be evaluated: questions about the library, or a whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from evaluation.datasets import QRELS_FILES, Dataset, read_dataset
from evaluation.questions import SUFFIXES, AskedQuestion, read_question_file
from evaluation.squad import read_squad
from ingest.formats.archives import CheckedZip, member_name
from retrieval.errors import InputError
from retrieval.settings import Limits

UPLOAD_SUFFIXES = (*SUFFIXES, ".json", ".zip")
_WANTED = ("corpus.jsonl", "queries.jsonl", *QRELS_FILES)


def read_upload(name: str, data: bytes, limits: Limits) -> Dataset | Sequence[AskedQuestion]:
    """Read questions (.csv, .tsv, .jsonl), a SQuAD file (.json) or a zipped folder in the BEIR layout.

    InputError says what cannot be used, and where.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".json":
        return read_squad(name, data)
    return _read_zip(name, data, limits) if suffix == ".zip" else read_question_file(name, data)


def _read_zip(name: str, data: bytes, limits: Limits) -> Dataset:
    archive = CheckedZip(name, data, limits)
    members = {PurePosixPath(member_name(member)): member for member in archive.members}
    corpora = [path for path in members if path.name == _WANTED[0] and "__MACOSX" not in path.parts]
    if len(corpora) != 1:
        raise InputError(f"{name}: holds {len(corpora)} files corpus.jsonl; zip one folder in the BEIR layout.")
    with TemporaryDirectory() as folder:
        root = Path(folder) / PurePosixPath(name).stem
        for wanted in _WANTED:
            member = members.get(corpora[0].parent / wanted)
            if member is not None:
                (root / wanted).parent.mkdir(parents=True, exist_ok=True)
                (root / wanted).write_bytes(archive.read(member))
        try:
            return read_dataset(root)
        except InputError as error:
            raise InputError(str(error).replace(str(root), name)) from error

"""SQuAD files, version 1 and 2, as data sets: a paragraph is a document, its questions ask for it."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from evaluation.datasets import Dataset, LabelledQuestion
from retrieval.errors import InputError


def read_squad(name: str, data: bytes) -> Dataset:
    """Read a SQuAD file; questions marked impossible are left out and counted.

    Documents are named title#number, the number within its title from 0. Raises InputError that says where the file
    differs from SQuAD's layout, and for a file without a question that has an answer.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 text; save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not valid JSON ({error}).") from error
    documents: dict[str, tuple[str, str]] = {}
    asked: dict[str, LabelledQuestion] = {}
    left_out = 0
    for number, entry in enumerate(_list(name, "the file", content, "data")):
        title = _text(name, f"data[{number}]", entry, "title") if "title" in entry else ""
        for place, paragraph in enumerate(_list(name, f"data[{number}]", entry, "paragraphs")):
            where = f"data[{number}].paragraphs[{place}]"
            document = f"{title or number}#{place}"
            if document in documents:
                raise InputError(f'{name}: the title "{title}" is used twice; every entry of `data` needs its own.')
            documents[document] = (title.replace("_", " "), _text(name, where, paragraph, "context"))
            questions = _questions(name, where, paragraph, document)
            kept = [question for question in questions if question.relevant]
            left_out += len(questions) - len(kept)
            for question in kept:
                if question.id in asked:
                    raise InputError(f'{name}: {where}: the question id "{question.id}" is used twice.')
                asked[question.id] = question
    if not asked:
        raise InputError(f"{name}: no question has an answer, so nothing can be measured.")
    return Dataset(PurePath(name).stem, documents, tuple(asked.values()), left_out)


def _questions(name: str, where: str, paragraph: dict[str, Any], document: str) -> list[LabelledQuestion]:
    questions = []
    for number, entry in enumerate(_list(name, where, paragraph, "qas")):
        inside = f"{where}.qas[{number}]"
        answers = _list(name, inside, entry, "answers") if "answers" in entry else []
        wordings = tuple(dict.fromkeys(_text(name, f"{inside}.answers", answer, "text") for answer in answers))
        relevant = {} if entry.get("is_impossible") else {document: 1}
        text = _text(name, inside, entry, "question").strip()
        questions.append(LabelledQuestion(_text(name, inside, entry, "id"), text, None, relevant, wordings))
    return questions


def _list(name: str, where: str, entry: Any, key: str) -> list[dict[str, Any]]:
    found = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InputError(f"{name}: {where} has no list `{key}` of objects; that is how a SQuAD file is laid out.")
    return found


def _text(name: str, where: str, entry: dict[str, Any], key: str) -> str:
    if not isinstance(entry.get(key), str):
        raise InputError(f"{name}: {where} has no text `{key}`; that is how a SQuAD file is laid out.")
    return str(entry[key])

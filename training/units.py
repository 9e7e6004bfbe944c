"""Check the writers' text files and gather their units: `python -m training.units FILE… > units.jsonl`.

The form of the files is in `training/data/brief.md`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "fr", "zh")
LINES = 13
HAN = re.compile(r"[一-鿿]")


def parse(block: str) -> tuple[dict[str, Any], list[str]]:
    """Read one unit; return it with its faults (an empty list when it can be used)."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if len(lines) != LINES or not lines[0].startswith("===") or lines[0].count("||") != 2:
        return {}, [f"{len(lines)} lines, {LINES} and a title in three languages expected"]
    passages = {language: line.partition(":")[2].strip() for language, line in zip(LANGUAGES, lines[1:4], strict=True)}
    faults = [
        f"no passage in {lang}" for lang, line in zip(LANGUAGES, lines[1:4], strict=True) if line[:3] != lang + ":"
    ]
    if not 45 <= len(passages["en"].split()) <= 160 or len(HAN.findall(passages["zh"])) < 60:
        faults.append("a passage is too short or too long")
    questions: list[dict[str, dict[str, str]]] = []
    for number, line in enumerate(lines[4:]):
        language = LANGUAGES[number % 3]
        question, _, answer = (part.strip() for part in line.removeprefix("?").partition("||"))
        faults += [
            f"question {number + 1}: {fault}" for fault in _question_faults(question, answer, language, passages)
        ]
        if number % 3 == 0:
            questions.append({"question": {}, "answer": {}})
        questions[-1]["question"][language], questions[-1]["answer"][language] = question, answer
    titles = (title.strip() for title in lines[0].removeprefix("===").split("||"))
    return {"topic": dict(zip(LANGUAGES, titles, strict=True)), "passage": passages, "questions": questions}, faults


def _question_faults(question: str, answer: str, language: str, passages: dict[str, str]) -> list[str]:
    faults = []
    if not answer or answer not in passages[language]:
        faults.append(f"answer {answer!r} is not in the {language} passage")
    if len(question) < (5 if language == "zh" else 12) or (language == "zh") != bool(HAN.search(question)):
        faults.append(f"not a question in {language}")
    if len(answer) > 3 and answer.lower() in question.lower():
        faults.append("gives its own answer")
    return faults


def main(paths: list[str]) -> None:
    """Print the sound units of the files as JSON lines; report the faults of the others."""
    written = 0
    for path in sorted(paths):
        for number, block in enumerate(re.split(r"\n\s*\n", Path(path).read_text("utf-8").strip()), 1):
            unit, faults = parse(block)
            if faults:
                print(f"{path} unit {number}: {'; '.join(faults)}", file=sys.stderr)
                continue
            print(json.dumps({"id": f"{Path(path).stem}-{number:02}", **unit}, ensure_ascii=False))
            written += 1
    print(f"{written} units", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])

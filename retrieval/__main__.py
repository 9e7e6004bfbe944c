"""`python -m retrieval "question"`: answers in a terminal."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing

from retrieval.errors import InputError, QAError
from retrieval.export import to_json
from retrieval.passages import LANGUAGES, Hit, Language, SearchResult, Selection
from retrieval.settings import Settings
from retrieval.store.opening import open_store

_BOLD, _DIM, _PLAIN = "\033[1m", "\033[2m", "\033[0m"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if there are hits, 1 if nothing was found, 2 after an error."""
    parser = argparse.ArgumentParser(prog="python -m retrieval", description="Ask the library a question.")
    parser.add_argument("question")
    parser.add_argument("--passages", metavar="fr,zh", default="", help="search passages in these languages only")
    parser.add_argument("--limit", type=int, default=5, help="how many passages to show (default 5)")
    parser.add_argument("--json", action="store_true", help="print every stage's ranking as JSON")
    chosen = parser.parse_args(arguments)
    # With it comes torch, seconds that a wrong argument or --help need not wait for.
    from retrieval.opening import load_models, make_searcher, model_names

    try:
        selection = Selection(languages=_languages(chosen.passages))
        settings = Settings.from_env(os.environ)
        models = load_models(settings)
        with closing(open_store(settings, models.encoder.identity)) as store:
            result = make_searcher(settings, store, models).search(chosen.question, max(1, chosen.limit), selection)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps({**to_json(result), "models": model_names(settings)}, ensure_ascii=False, indent=1))
    else:
        _print_hits(result, model_names(settings), colours=sys.stdout.isatty())
    return 0 if result.hits else 1


def _languages(text: str) -> tuple[Language, ...]:
    names = [name for name in text.replace(" ", "").split(",") if name]
    unknown = [name for name in names if name not in LANGUAGES]
    if unknown:
        raise InputError(f"--passages {text}: {unknown[0]} is not one of {', '.join(LANGUAGES)}.")
    return tuple(language for language in LANGUAGES if language in names)


def _print_hits(result: SearchResult, models: str, colours: bool) -> None:
    bold, dim, plain = (_BOLD, _DIM, _PLAIN) if colours else ("[", "", "]")
    if not result.hits:
        print("Nothing found.")
    elif not result.relevant:
        print("Nothing relevant found; the nearest passages:")
    for place, hit in enumerate(result.hits, start=1):
        passage = hit.passage
        ranks = "  ".join(f"{stage} {rank}" for stage, rank in hit.ranks.items())
        print(f"{place}. {passage.article.title} [{passage.language}] {hit.score:.2f}  {ranks}")
        print(f"   {_marked(hit, bold, plain)}\n")
    times = ", ".join(f"{step} {seconds * 1000:.0f} ms" for step, seconds in result.seconds.items())
    print(f"{dim}{models}; question language {result.language}; {times}{plain if colours else ''}")


def _marked(hit: Hit, before: str, after: str) -> str:
    text, answer = hit.passage.text, hit.answer
    if answer is not None:
        text = text[: answer.start] + before + answer.text + after + text[answer.end :]
    return text.replace("\n", "\n   ")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m ui`: serve the page, once it is sure that nobody is let in who should not be."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from streamlit import config
from streamlit.web import cli

from ingest.__main__ import main as ingest
from retrieval.errors import LibraryError, QAError
from retrieval.logs import start_log
from ui.access import check_server
from ui.resources import settings
from ui.watch import start_watch

_ROOT = Path(__file__).resolve().parent.parent
_MARK = "samples-added"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; return 2 if the settings cannot be used, or what adding the samples returned.

    Address, port and all else are Streamlit's own settings: .streamlit/config.toml and STREAMLIT_… variables.
    """
    parser = argparse.ArgumentParser(prog="python -m ui", description=main.__doc__)
    parser.add_argument("--samples", action="store_true", help="add the sample articles first, the first time")
    chosen = parser.parse_args(arguments)
    script = _ROOT / "app.py"
    config._main_script_path = str(script)  # as `streamlit run` does: its folder's .streamlit is read too
    try:
        # Streamlit's command reads its variables itself, later; `get_option` knows the files only.
        check_server(os.environ.get("STREAMLIT_SERVER_ADDRESS") or config.get_option("server.address") or "")
        if chosen.samples and (failed := _add_samples(settings().library)):
            return failed
        start_log(settings().watch)
        start_watch(settings())
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    cli.main(["run", str(script)], standalone_mode=False)
    return 0


def _add_samples(library: Path) -> int:
    """Add the samples unless that was done before; the mark is written last, so what was interrupted is done again."""
    mark = library / _MARK
    if mark.exists():
        return 0
    failed = ingest([str(_ROOT / "samples" / "articles")])
    try:
        if not failed:
            library.mkdir(parents=True, exist_ok=True)
            mark.touch()
    except OSError as error:
        raise LibraryError(f"{mark} cannot be written: {error.strerror}. Is {library} a folder of yours?") from error
    return failed


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a refused start must end: threads of the libraries would keep the process

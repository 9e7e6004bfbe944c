"""`python -m ui.health`: one line that says whether the page answers, the models are loaded and the library is read.

Asks the running page's two ports, and imports nothing else: containers run it every half a minute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

_SECONDS = 20
# A proxy that the environment names is not the way to this machine.
_open = build_opener(ProxyHandler({})).open


def check(environ: Mapping[str, str]) -> tuple[bool, str]:
    """Return whether the application is healthy, and what it told."""
    port = environ.get("QA_METRICS_PORT") or "0"
    if port == "0":
        return False, "QA_METRICS_PORT is not set: the page's state is told on that port."
    page = f"http://127.0.0.1:{environ.get('STREAMLIT_SERVER_PORT') or '8501'}/_stcore/health"
    try:
        for address in (page, f"http://127.0.0.1:{port}/health"):
            with _open(address, timeout=_SECONDS) as answer:
                told = answer.read().decode()
    except HTTPError as error:
        return False, error.read().decode(errors="replace") or str(error)
    except OSError as error:
        return False, f"{address} does not answer: {error}"
    return True, told


def main() -> int:
    """Print the line; return 0 when healthy, 1 when not."""
    is_healthy, told = check(os.environ)
    (sys.stdout if is_healthy else sys.stderr).write(f"{told}\n")
    return 0 if is_healthy else 1


if __name__ == "__main__":
    sys.exit(main())

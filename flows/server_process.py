"""`python -m flows.server_process prefect server start …`: Prefect's own command, with a garbage collector that looks less often.

Prefect's server is a hundred thousand objects that never go, made at its start and looked through again and again: a fifth of the CPU of its
start, and a part of each request.
"""

from __future__ import annotations

import gc
import sys

NEW_OBJECTS, ROUNDS, FULL_ROUNDS = 50_000, 20, 50  # Python's own: 700, 10, 10


def main() -> None:
    """Do what `prefect …` would do with the same words. Never returns before the server ends."""
    gc.set_threshold(NEW_OBJECTS, ROUNDS, FULL_ROUNDS)
    sys.argv = sys.argv[1:]
    from prefect.cli import app

    app()


if __name__ == "__main__":
    main()

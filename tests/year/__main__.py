"""`make year`: a school year of the sample trust, once as it comes, once with everything failing in turn; the figures go to docs/year.md."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

# As in tests/conftest.py: mails speak TLS with nobody, yet each would read all authorities that there are (20 ms of computing a mail).
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parents[1] / "nobody.pem")

from tests.databases import shared_server
from tests.year.figures import table, write_down
from tests.year.lived import Asked, Lived, calm, hard
from tests.year.trust import PUPILS


def main() -> int:
    """Live the years asked for, print their figures, write them down. The exit status is 1 when an oracle found anything."""
    given = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="sendflow-year-"))
    asked = Asked(date.fromisoformat(given.first), date.fromisoformat(given.last), given.pupils, given.seed)
    wrong = 0
    with shared_server() as server:
        for name, live in (("calm", calm), ("hard", hard)):
            if given.only in ("", name):
                _say(f"The {name} year, {asked.first} to {asked.last}, {asked.pupils} pupils, seed {asked.seed}")
                with live(server.server, f"test_{os.getpid()}_{name}", folder / name, asked, say=_say) as lived:
                    wrong += _tell(name, lived, given)
    shutil.rmtree(folder)
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A simulated school year, judged by an oracle of its own.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pupils", type=int, default=PUPILS)
    parser.add_argument("--first", default="2026-09-01", help="the first day")
    parser.add_argument("--last", default="2027-08-31", help="the last day")
    parser.add_argument("--only", choices=("calm", "hard", ""), default="", help="one of the two years")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/year.md")
    return parser.parse_args()


def _tell(name: str, lived: Lived, given: argparse.Namespace) -> int:
    words = table(lived, name)
    _say(words)
    _say(f"failed: {lived.year.worker.failed}; refused: {lived.year.people.refused.most_common(12)}")
    if faults := lived.findings.words(lived.asked.seed):
        _say(faults)
    if given.write:
        write_down(name, words)
    return sum(len(found) for found in lived.findings.faults.values())


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())

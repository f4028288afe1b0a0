"""`python -m tests.mutants [PROCESS ...]`: every mutant judged; figures to the terminal, and for all processes to docs/mutants.md."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from tests.mutants.bench import run
from tests.mutants.report import page
from tests.mutants.trees import definition_files

DOC = Path(__file__).parents[2] / "docs" / "mutants.md"
MARK = "<!-- written by `make mutants` from here on -->"


def main() -> None:
    """Judge and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("process", nargs="*", help="only these processes; then nothing is written")
    parser.add_argument("--kept", type=Path, help="a file of verdicts to go on from; delete it when definitions or registers change")
    parser.add_argument("--processors", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    paths = [path for path in definition_files() if not asked.process or path.stem in asked.process]
    verdicts = []
    for one in run(paths, asked.processors, asked.kept):
        verdicts.append(one)
        if len(verdicts) % 500 == 0:
            print(f"{len(verdicts)} judged", flush=True)
    told = page(verdicts, datetime.now(UTC).date())
    if asked.process:
        print(told)
        return
    print(told.split("## Survivors")[0])
    DOC.write_text(DOC.read_text(encoding="utf-8").split(MARK)[0] + MARK + "\n\n" + told, encoding="utf-8")


if __name__ == "__main__":
    main()

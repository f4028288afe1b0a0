"""`python -m tests.histories.keep`: at a release, keep histories of every shipped text that has none yet. Files that are there stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

from rules.library import Library
from rules.loader import load_library
from tests.histories.kept import FOLDER, file_of, kept


def keep(library: Library, folder: Path = FOLDER) -> list[Path]:
    """Write the file of each text that has none. Returns the new files."""
    new = []
    for definition in (one for texts in library.definitions.values() for one in texts):
        file = file_of(definition, folder)
        if not file.exists():
            file.write_text(json.dumps(kept(definition), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
            new.append(file)
    return new


if __name__ == "__main__":
    for written in keep(load_library()):
        print(f"kept {written.name}")

"""The rows of `vectors.csv`, read once for all who run them: through the calendar alone, or through the processes."""

from __future__ import annotations

import csv
from pathlib import Path

ROWS = list(csv.DictReader(Path(__file__).with_name("vectors.csv").read_text(encoding="utf-8").splitlines()))
BY_ID = {row["id"]: row for row in ROWS}

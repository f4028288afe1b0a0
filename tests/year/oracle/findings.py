"""What an oracle found wrong: a list of sentences by kind, each naming the step, the rung and the moment; and figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

SHOWN = 12  # sentences a kind


@dataclass
class Findings:
    """`faults` by kind (missed, doubled, early …); `figures`: what was counted on the way."""

    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    figures: Counter[str] = field(default_factory=Counter)

    def wrong(self, kind: str, words: str) -> None:
        """Something is wrong."""
        self.faults[kind].append(words)

    def count(self, kind: str) -> int:
        """How many of that kind."""
        return len(self.faults.get(kind, ()))

    def words(self, seed: int) -> str:
        """All of it for a person; empty when nothing is wrong."""
        lines: list[str] = []
        for kind, sentences in sorted(self.faults.items()):
            lines.append(f"{kind}: {len(sentences)} (seed {seed})")
            lines += [f"  {one}" for one in sentences[:SHOWN]]
        return "\n".join(lines)

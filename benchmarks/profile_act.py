"""Where a decision spends its time: the profile of one process deciding on kept positions. `python -m benchmarks.profile_act` prints it.

The profiler makes Python dearer than it is: read the shares of the functions, not their times.
"""

from __future__ import annotations

import cProfile
import pstats

from benchmarks.definition import ROUNDS
from benchmarks.server import settle
from benchmarks.standing_trust import standing_trust

CASES, SHOWN = 60, 35


def main() -> None:
    """Decide, and print the dearest functions with all that they called."""
    with standing_trust() as trust:
        warm, *cases = trust.open(CASES + 1)
        trust.bring_to(warm, len(ROUNDS))
        settle(trust.running)
        profile = cProfile.Profile()
        profile.enable()
        for step, party in ROUNDS:
            for case in cases:
                trust.decide(case, step, party)
        profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(SHOWN)


if __name__ == "__main__":
    main()

"""A file that names only a part of what its school has: nobody is asked, one by one, about all the rest."""

from __future__ import annotations

FEWEST = 10  # up to so many are asked about whatever the file holds: people do leave together at the end of a year


def is_part(named: int, left_out: int, *, share: float = 1.0) -> bool:
    """Whether a file is taken for a part: it leaves out more than ten, and more than `share` times what it names of the same kind."""
    return left_out > FEWEST and left_out > named * share


def said_of_part(where: str, named: int, left_out: int, what: str) -> str:
    """What the import says of such a file, once for each school or LA."""
    asks = "nobody is asked about the others, and all of them stay; a file of all of them is compared again"
    return f"{where}: this file names {named} of {named + left_out} {what}, so it is taken for a part: {asks}"

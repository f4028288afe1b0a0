"""Work that makes hundreds of thousands of small values, none of which refers back to itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Python looks for no circles of garbage meanwhile: there are none, and looking through every position again and again took a third of the
    time of `sendflow check`. What is no longer referred to is freed all the same."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

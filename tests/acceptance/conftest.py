"""One trust at work a module of stories, on the Prefect server that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.trust_at_work import TrustAtWork
    from tests.flows.office import Office


@pytest.fixture(scope="module")
def trust(office: Office) -> Iterator[TrustAtWork]:
    """A school with its people, the council's officers, and the loop that serves its cases."""
    from tests.acceptance.trust_at_work import trust_at_work

    with trust_at_work(office) as opened:
        yield opened

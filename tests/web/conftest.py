"""One served console a module, and one Chromium where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from db.engine import Engines
from tests.chromium import chromium as started_chromium
from tests.web.site import Site, serve


@pytest.fixture(scope="module")
def site(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(engines, tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ended with its module: while Playwright runs, nothing else in this process can run an event loop."""
    with started_chromium() as browser:
        yield browser

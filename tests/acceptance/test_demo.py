"""Acceptance 10 and the main job: `sendflow demo` on a clean folder, the Prefect UI and the console in Chromium, and a second start.

With SENDFLOW_SCREENS=1 the pages are kept in docs/screens.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import chromium
from tests.flows.office import until

pytestmark = pytest.mark.slow
SCREENS = Path(__file__).parents[2] / "docs" / "screens"
PUPILS = 3000 if os.environ.get("SENDFLOW_SCREENS") else 300


@dataclass
class Demo:
    """A running demo: what it has printed, and its addresses."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.said)
        assert match, self.said
        return match[1]


@contextmanager
def demo(folder: Path, seconds: float = 240) -> Iterator[Demo]:
    """`sendflow demo` until the block ends; then Ctrl-C, and it must end by itself. Of its trust a tenth, since each case has its first wake."""
    log = folder / f"demo-{time.time_ns()}.log"
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("SENDFLOW_", "PREFECT_")) and n != "DATABASE_URL"}
    command = [str(Path(sys.executable).parent / "sendflow"), "demo", "--port", "0", "--pupils", str(PUPILS)]
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=clean | {"SENDFLOW_DATA_FOLDER": str(folder / "data")},
            text=True,
            start_new_session=True,
        )
    running = Demo(process, log)
    try:
        end = time.monotonic() + seconds
        while "Stop with Ctrl-C" not in running.said:
            assert process.poll() is None and time.monotonic() < end, running.said
            time.sleep(0.2)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(240) == 0, running.said  # half a minute for each part that is busy, on a machine that others use


def typed(folder: Path, *words: str) -> str:
    """What a command says beside the running demo."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("SENDFLOW_", "PREFECT_")) and n != "DATABASE_URL"}
    command = [str(Path(sys.executable).parent / "sendflow"), *words]
    return subprocess.run(command, env=clean | {"SENDFLOW_DATA_FOLDER": str(folder / "data")}, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def keep(page: Page, name: str) -> None:
    """Keep a screenshot for the documentation, when asked to."""
    if os.environ.get("SENDFLOW_SCREENS"):
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name}.png")


def test_the_demo_is_up_and_the_prefect_ui_shows_the_cases(folder: Path, browser: Browser) -> None:
    with demo(folder) as running:
        assert "sample trust imported" in running.said
        assert re.search(r"[1-9]\d* reviews and changes of phase opened", running.said)
        assert "Inbox of" in running.said and "Overdue in the whole trust" in running.said
        assert "By command  export SENDFLOW_AS=" in running.said and ", the trust's SEND lead, is " in running.said
        _look_at_prefect(running, browser)
        _look_at_console(running, browser)


def test_a_second_start_finds_its_data_again_and_nothing_is_silent_after_its_time_was_moved(folder: Path) -> None:
    with demo(folder) as running:
        assert "the trust of the last start is here again" in running.said
        assert "sample trust imported" not in running.said
        there = datetime.now(UTC).date() + timedelta(days=30)
        assert f"The demo is at {there}." in typed(folder, "clock", str(there))
        told = typed(folder, "status")
        assert re.search(rf"open_due_reviews +{there} ", told) and "was last heard" not in told and "has not come to its end" not in told


def test_a_demo_never_touches_a_named_database(folder: Path) -> None:
    command = [str(Path(sys.executable).parent / "sendflow"), "demo"]
    refused = subprocess.run(command, env=os.environ | {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "a demo runs on its own database only" in refused.stderr


def _look_at_prefect(running: Demo, browser: Browser) -> None:
    address, password = running.found(r"Prefect UI  (\S+)"), running.found(r"this password: (\S+)")
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.set_default_timeout(90_000)  # hundreds of first wakes keep the machine busy meanwhile
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.locator("input").first.fill(password)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)  # Prefect's own page gives no sign when it has kept the password
    page.goto(address)
    page.get_by_text(re.compile(r"^[A-Z]{2,4}-\d{6}$")).first.wait_for(timeout=60_000)
    words = ["annual_review", "process:annual_review", "school:99000", "Waiting for"]
    page.wait_for_function("words => words.every(one => document.body.innerText.includes(one))", arg=words, timeout=60_000)  # cards fill one by one
    keep(page, "prefect-runs")
    page.get_by_text(re.compile(r"^[A-Z]{2,4}-\d{6}$")).first.click()
    page.get_by_text("Artifacts", exact=True).wait_for()
    page.goto(f"{address.split('/runs')[0]}/runs/flow-run/{_first_woken(address, password)}")
    page.get_by_text("Artifacts", exact=True).click()
    page.get_by_text(re.compile("^Where [A-Z]{2,4}-")).first.wait_for(timeout=60_000)
    keep(page, "prefect-case")
    page.get_by_text(re.compile(r"^[a-z]{2,4}-\d{6}")).last.click()
    page.wait_for_url("**/artifact/**")
    page.get_by_text("Decisions are made there").first.wait_for()
    keep(page, "prefect-artifact")
    assert all(url.startswith(("http://127.0.0.1:", "data:", "blob:")) for url in asked), "the page calls nobody else"
    page.close()


def _first_woken(address: str, password: str) -> str:
    """The run of the case that was woken first: the one whose artifact Prefect has. The others follow, hundreds of them, oldest first."""
    api, user = f"{address.split('/runs')[0]}/api", tuple(password.split(":", 1))

    def written() -> list[dict[str, str]]:
        answer = httpx.post(f"{api}/artifacts/latest/filter", json={"limit": 1}, auth=(user[0], user[1]), timeout=30)
        return list(answer.raise_for_status().json())

    return str(until(written, "a case was woken", seconds=120)[0]["flow_run_id"])


def _look_at_console(running: Demo, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.goto(running.found(r"Console     (\S+)"))
    page.get_by_role("button", name=re.compile(".")).nth(2).click()
    page.get_by_role("heading", name="My actions").wait_for()
    keep(page, "my-actions")
    assert "To do" in page.inner_text("main")
    page.close()

"""Debian's Chromium for the tests, without what nobody looks at: its own toolbar is a page of its own, half a second of CPU each window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OF_NO_USE = (
    "WebUIOmniboxPopup", "WebUIOmniboxPopupV2", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIToolbarWebView", "Webium",
    "SpareRendererForSitePerProcess",
)  # fmt: skip
LEFT_OUT_BY_PLAYWRIGHT = (  # the last list given counts, so what Playwright leaves out stands in ours too
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "LensOverlay",
    "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints",
    "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
)  # fmt: skip
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join((*OF_NO_USE, *LEFT_OUT_BY_PLAYWRIGHT))}",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser until the block ends. While Playwright runs, nothing else in this process can run an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
        yield started
        started.close()

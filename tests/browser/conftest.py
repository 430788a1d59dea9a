"""The browser of the journeys: the system's Chromium, driven by Playwright.

While Playwright's synchronous door is open, Django's ORM refuses to work in the same thread
(SynchronousOnlyOperation): a journey sows what it needs before it asks for `chromium`, or in another process.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.faults.conftest import house as house

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A browser without pages. None installed is a failure: a journey is never skipped in silence."""
    found = os.environ.get("KEYWAY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "There is no Chromium: install one, or name it in KEYWAY_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()

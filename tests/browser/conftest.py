"""Headless Chromium against the real server: granian in a process of its own, on this run's database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.staff.conftest import stage as stage  # noqa: PLC0414 - a fixture, found under this name
from tests.staff.stage import PASSWORD, Stage

from kalends.platform import database
from kalends.platform.testing import CHROMIUM

ARTIFACTS = Path(__file__).parent / "artifacts"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-dev-shm-usage")  # fmt: skip
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 812}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or one clear line that says why these tests are skipped."""
    executable = os.environ.get(CHROMIUM, "")
    if not executable:
        pytest.skip(f"no browser: {CHROMIUM} names no Chromium")
    # Playwright keeps an event loop running in this thread; Django would take our plain calls for asynchronous ones.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def address(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that runs as ``kalends serve`` runs it."""
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


class serving:  # noqa: N801 - reads as a word: with serving(...)
    """A server for as long as the block lasts."""

    def __init__(self, home: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        home.chmod(0o711)
        self.log = home / "server.log"
        self.environment = {**database.environment_for_children(), "KALENDS_HOME": str(home), **environment}

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
                   "--port", str(self.port), "kalends.platform.wsgi:application"]  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(150):
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                    assert answer.status == 200
                return url
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")

    def __exit__(self, *problem: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


Open = Callable[..., Page]


@pytest.fixture(scope="session")
def signed_in_state(browser: Browser, address: str, stage: Stage) -> Any:
    """What the browser keeps after signing in through the page."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email").fill(stage.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/subscriptions")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(browser: Browser, address: str, signed_in_state: Any) -> Iterator[Open]:
    """Opens a page as the company's owner; any error that the browser reports fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(path: str, *, size: dict[str, int] | None = None, dark: bool = False, **cookies: str) -> Page:
        context = browser.new_context(
            base_url=address,
            storage_state=signed_in_state,
            viewport=size or WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            device_scale_factor=1 if size is None or size == WIDE else 2,
        )
        contexts.append(context)
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(path)
        page.evaluate("document.fonts.ready")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def shoot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep a picture for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=full, animations="disabled")

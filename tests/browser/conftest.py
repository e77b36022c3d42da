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
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from kalends.accounts.models import User
from kalends.platform import database
from kalends.platform.testing import CHROMIUM
from tests.browser.pictures import SHOWN
from tests.staff.conftest import stage as stage  # noqa: PLC0414 - a fixture, found under this name
from tests.staff.stage import Stage

PATIENCE = Path(__file__).with_name("patience.js")
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
    with serving(tmp_path_factory.mktemp("server")) as served:
        yield served


class serving:  # noqa: N801 - reads as a word: with serving(...)
    """A server in this run's home for as long as the block lasts; ``folder`` is for its log."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "server.log"
        self.environment = {**database.environment_for_children(), **environment}

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
                   "--port", str(self.port), "kalends.platform.wsgi:application"]  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(600):
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


def session_of(user: User) -> dict[str, str]:
    """The cookie that signing in would leave in a browser."""
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture(scope="session")
def contexts(browser: Browser, address: str) -> Iterator[Callable[[Any], BrowserContext]]:
    """One window of each size for the company's owner, so that scripts, styles and fonts are fetched but once."""
    kept: dict[int, BrowserContext] = {}

    def context_for(size: Any) -> BrowserContext:
        width = size["width"]
        if width not in kept:
            kept[width] = _window(browser, address, size)
        return kept[width]

    yield context_for
    for context in kept.values():
        context.close()


def _window(browser: Browser, address: str, size: Any) -> BrowserContext:
    window = browser.new_context(
        base_url=address,
        viewport=size,
        reduced_motion="reduce",
        device_scale_factor=2 if size == PHONE else 1,
    )
    window.add_init_script(path=PATIENCE)
    return window


@pytest.fixture
def open_page(
    browser: Browser, address: str, stage: Stage, contexts: Callable[[Any], BrowserContext]
) -> Iterator[Open]:
    """Opens a page as the company's owner, or as somebody else; what the browser complains about fails the test."""
    pages: list[Page] = []
    strangers: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(
        path: str, *, size: Any = WIDE, dark: bool = False, user: User | None = None, missing: bool = False
    ) -> Page:
        context = contexts(size) if user is None else _window(browser, address, size)
        if user is not None:
            strangers.append(context)
        context.add_cookies([{**session_of(user or stage.user), "url": address}])  # type: ignore[list-item]
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: None if _is_a_transition(error) else problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if _complains(message) else None)
        page.goto(path)
        if missing:
            problems.clear()  # the browser complains of the answer 404, which is what was wanted
        page.evaluate("document.fonts.ready")
        return page

    yield open_one
    found = list(problems)  # not what breaks off because the page is closed
    for page in pages:
        page.context.clear_cookies()
        page.close()
    for context in strangers:
        context.close()
    assert found == []


def _complains(message: ConsoleMessage) -> bool:
    """Whether the browser found something wrong; a form that was answered with its errors (422) is as it should be."""
    return message.type == "error" and "status of 422" not in message.text


def _is_a_transition(error: Exception) -> bool:
    """Whether the browser only gave up fading from one page into the next, as it does when it is busy."""
    return str(error).startswith("Transition was ")


def shoot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep a picture for people to look at where ``KALENDS_PICTURES`` names a folder: there, if documents show it."""
    folder = os.environ.get("KALENDS_PICTURES")
    if not folder:
        return
    ARTIFACTS.mkdir(exist_ok=True)
    taken = page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=full, animations="disabled")
    if name in SHOWN:
        (Path(folder) / f"{SHOWN[name]}.png").write_bytes(taken)

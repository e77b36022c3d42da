"""Asking axe-core about a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, WIDE, shoot

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}

COLORS: dict[str, Any] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    **EVERYTHING,
}
"""The rules that a theme can break: it changes colors, and nothing else of a page."""

TOO_WIDE = """width => [...document.querySelectorAll("main, .page-head, .due, .tabs, .stat-row, .card, .doc")]
    .filter(part => part.getBoundingClientRect().right > width + 1).map(part => part.className)"""
"""What reaches beyond the screen, by its classes."""


def no_violations(page: Page, options: dict[str, Any] = EVERYTHING) -> None:
    """Fail with what axe-core finds wrong on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(({ violations }) => ({ violations }))", options)
    results = AxeResults(found)
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def fine_in_both_themes(page: Page, name: str) -> None:
    """Fail with what axe-core finds wrong on the page in light or in dark; keeps a picture of each."""
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-light")
    no_violations(page)
    page.emulate_media(color_scheme="dark")
    shoot(page, f"{name}-dark")
    no_violations(page, COLORS)
    page.emulate_media(color_scheme="light")


def fits_a_phone(page: Page, name: str) -> None:
    """Fail if the page, made as narrow as a phone, or anything that it is made of is wider; keeps a picture."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
    assert page.evaluate(TOO_WIDE, PHONE["width"]) == [], page.url
    shoot(page, f"{name}-phone")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]

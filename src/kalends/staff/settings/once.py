"""Keys that are shown at the only moment at which they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from kalends.staff.reply import moved
from kalends.staff.settings.places import link, shown
from kalends.staff.visit import Visit


def shown_once(
    request: HttpRequest,
    visit: Visit,
    page: str,
    made: Sequence[Any],
    *,
    heading: str,
    text: str,
    before: str,
    **more: Any,
) -> HttpResponse:
    """The page of what was just made, which nothing on the way may keep.

    A form that was sent twice makes nothing the second time: ``made`` is empty then, its first answer showed it, and
    ``before`` says so.
    """
    if not made:
        return moved(request, link(visit, page), before)
    context = {"made": made[0], "once_heading": heading, "once_text": text, **more}
    answer = shown(request, visit, page, f"{page.removesuffix('s')}_made", context)
    answer["Cache-Control"] = "no-store"
    return answer

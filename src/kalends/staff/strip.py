"""The strip above an index: a month of money falling due, one bar a day, each leading to that day's records."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.index.state import ListState
from kalends.staff.queries.falling_due import Day, DueMonth, falling_due, read_month
from kalends.staff.visit import Visit


def strip(cursor: Cursor, visit: Visit, state: ListState) -> dict[str, Any]:
    first = read_month(state.month, visit.ctx.today)
    month = falling_due(cursor, visit.ctx, first, state.currency, visit.asking)
    due = _("%(day)s: %(amount)s due")
    return {
        "label": formatting.month(month.first),
        "previous": state.address(month=f"{month.previous:%Y-%m}"),
        "next": state.address(month=f"{month.next:%Y-%m}"),
        "due": formatting.minor(month.due, month.currency),
        "collected": formatting.minor(month.collected, month.currency),
        "failed": formatting.minor(month.failed, month.currency) if month.failed else None,
        "others": [
            {"money": formatting.minor(total, code), "link": state.address(currency=code)}
            for code, total in sorted(month.totals.items())
            if code != month.currency
        ],
        "days": [_strip_day(month, each, visit.ctx.today, state, due) for each in month.days],
    }


def _strip_day(month: DueMonth, each: Day, today: date, state: ListState, due: str) -> dict[str, Any]:
    """A bar in per cent of the month's largest day: collected at its foot, failed at its head."""
    share = 100 / (month.largest or 1)
    height = max(round(each.due * share, 1), 3) if each.due else 2
    amount = str(formatting.minor(each.due, month.currency))
    return {
        "number": each.day.day,
        "title": due % {"day": formatting.short_day(each.day), "amount": amount},
        "link": state.address(day="" if state.day == each.day else each.day.isoformat()),
        "chosen": state.day == each.day,
        "today": each.day == today,
        "weekend": each.day.weekday() >= 5,
        "top": f"{100 - height:g}",
        "height": f"{height:g}",
        "ok_height": f"{min(round(each.collected * share, 1), height):g}",
        "ok_top": f"{100 - min(round(each.collected * share, 1), height):g}",
        "bad_height": f"{min(round(each.failed * share, 1), height):g}",
    }

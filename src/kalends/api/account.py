"""The account that a token belongs to."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kalends.api.call import Answer, Call
from kalends.api.routes import named, route
from kalends.platform.settings import PUBLIC_URL


@route("account-info", "/details", "GET", named())
def read_details(call: Call) -> Answer:
    """What programs ask first: whose token it is, in which currencies and which time zone."""
    ctx = call.ctx
    codes = call.db.execute(
        "SELECT code FROM enabled_currency WHERE account_id = %s AND code <> %s ORDER BY code",
        [ctx.id, ctx.currency],
    ).fetchall()
    offset = ctx.now.astimezone(ZoneInfo(ctx.time_zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    return Answer(
        body={
            "portalId": ctx.id,
            "accountType": "SANDBOX" if ctx.is_sandbox else "STANDARD",
            "timeZone": ctx.time_zone,
            "companyCurrency": ctx.currency,
            "additionalCurrencies": [code for (code,) in codes],
            "utcOffset": f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": urlsplit(PUBLIC_URL).netloc,
            "dataHostingLocation": "self-hosted",
        }
    )


@route("crm-object-schemas", "/schemas", "GET", named())
def list_schemas(_: Call) -> Answer:
    """Objects that an account has made for itself: none, as there are only those of the catalogue."""
    return Answer(body={"results": []})

"""The middle of a quote's page: how it stands, where it is read, what it offers, who accepted it, what it became."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from kalends.query.context import Cursor
from kalends.sales.quotes import find_quote
from kalends.staff import formatting
from kalends.staff.record.sales import line_rows
from kalends.staff.visit import Visit

_VERSIONS = """
    SELECT v.number, v.public_key, v.published_at, v.withdrawn_at, v.document_hash, a.kind, a.signer_name,
        a.signer_email, a.at, a.address
    FROM quote_version AS v
    LEFT JOIN quote_acceptance AS a ON a.account_id = v.account_id AND a.version_id = v.id
    WHERE v.account_id = %s AND v.quote_id = %s ORDER BY v.number DESC
"""


class VersionRow(NamedTuple):
    """A version in the list."""

    number: int
    address: str
    published: str
    withdrawn: str
    document_hash: str
    accepted: str
    by: str
    where: str


def middle(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """Everything in the middle of the page."""
    quote = find_quote(visit.psycopg(), visit.ctx, id_)
    cursor.execute(_VERSIONS, [visit.ctx.id, id_])
    versions = [_version(visit, row) for row in cursor.fetchall()]
    current = next((each for each in versions if not each.withdrawn), None)
    return {
        "quote": quote,
        "versions": versions,
        "current": current,
        "expired": quote.is_expired(visit.ctx.today) and quote.accepted_at is None,
        **line_rows(cursor, visit, "quote", id_),
    }


def address_of(account_id: int, key: UUID) -> str:
    """Where a buyer reads a version."""
    return f"{settings.PUBLIC_URL}/quote/{account_id}/{key}"


def _version(visit: Visit, row: Any) -> VersionRow:
    number, key, published, withdrawn, document_hash, kind, name, email, at, where = row
    moment = lambda at: formatting.instant(at, visit.ctx.time_zone) if isinstance(at, datetime) else ""  # noqa: E731
    kinds = {"clickwrap": _("Accepted by a click"), "esignature": _("Signed electronically")}
    return VersionRow(
        number,
        address_of(visit.ctx.id, key),
        moment(published),
        moment(withdrawn),
        document_hash,
        kinds.get(kind, ""),
        ", ".join(filter(None, (name, email, moment(at)))),
        where or "",
    )

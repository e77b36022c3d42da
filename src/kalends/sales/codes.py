"""Discount codes: words that take something off the first payment of a checkout.

A use counts once its checkout is paid. While a charge is under way its use is held: of two buyers with the last use of
a code one is told that it is used up, before anything is charged; the other's is free again if the charge fails.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.errors import UniqueViolation

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.core.checkout import Reduction
from kalends.core.money import format_minor
from kalends.events import journal
from kalends.sales.trouble import Refused, Trouble

Db = Connection[Any]
PERCENT, FIXED = "percent", "fixed"
USES_MOST = 1_000_000_000
_WORD = re.compile(r"[^\W_][\w.+%-]{0,49}")
_COLUMNS: LiteralString = """
    SELECT c.id, c.code, c.label, c.kind, c.percent, c.amount_minor, c.currency, c.is_active, c.uses_max, c.uses,
        (SELECT count(*) FROM checkout AS k WHERE k.account_id = c.account_id AND k.discount_code_id = c.id
            AND k.status = 'paying'),
        c.expires_on, c.created_at
    FROM discount_code AS c
    WHERE c.account_id = %s
"""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A discount code to be: ``percent`` above 0 and below 100, or ``amount_minor`` without tax in ``currency``."""

    code: str
    kind: str
    percent: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None
    label: str | None = None
    uses_max: int | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A discount code as it stands. ``under_way`` counts uses whose charge has no outcome yet."""

    id: int
    code: str
    label: str | None
    kind: str
    percent: Decimal | None
    amount_minor: int | None
    currency: str | None
    is_active: bool
    uses_max: int | None
    uses: int
    under_way: int
    expires_on: date | None
    created_at: datetime

    @property
    def reduction(self) -> Reduction:
        """What it takes off."""
        return Reduction(self.percent, self.amount_minor)

    def useless_because(self, currency: str, today: date) -> str | None:
        """Why it cannot be used: ``inactive``, ``expired``, ``used_up`` or ``other_currency``; None if it can."""
        if not self.is_active:
            return "inactive"
        if self.expires_on is not None and self.expires_on < today:
            return "expired"
        if self.uses_max is not None and self.uses + self.under_way >= self.uses_max:
            return "used_up"
        if self.currency is not None and self.currency != currency:
            return "other_currency"
        return None


TEXTS = {
    "unknown_code": "There is no such discount code; check how it is written.",
    "inactive": "This discount code is not in use any more; pay without it, or try another one.",
    "expired": "This discount code has expired; pay without it, or try another one.",
    "used_up": "This discount code was used as often as it may be; pay without it, or try another one.",
    "other_currency": "This discount code is for another currency; pay without it, or try another one.",
    "too_much": "This discount code is worth more than what is due today; it cannot be used on this order.",
    "nothing_due": "Nothing is due today that a discount code could reduce; go on without it.",
    "not_taken": "No discount codes are taken here.",
}
"""Why a code cannot be used, in English; pages have words of their own for each."""


def code_trouble(word: str, code: str) -> Trouble:
    """What is wrong with a discount code that a buyer typed."""
    return Trouble("code", code, word[:60], TEXTS[code])


def create_code(db: Db, ctx: AccountContext, wanted: NewCode, *, actor: str = "system") -> int:
    """Make a discount code; returns its number. Raises ``Refused`` with everything that is wrong."""
    troubles = list(_problems(db, ctx, wanted))
    if troubles:
        raise Refused(troubles)
    try:
        with db.transaction():
            (id_,) = take_ids(db, 1)
            db.execute(
                "INSERT INTO discount_code (account_id, id, code, label, kind, percent, amount_minor, currency, "
                "uses_max, expires_on, created_at) VALUES (%(account_id)s, %(id)s, %(code)s, %(label)s, %(kind)s, "
                "%(percent)s, %(amount_minor)s, %(currency)s, %(uses_max)s, %(expires_on)s, %(now)s)",
                {**asdict(wanted), "account_id": ctx.id, "id": id_, "now": ctx.now},
            )
            event = journal.NewEvent(
                "discount_code.created", "discount_code", id_, None, {"code": wanted.code}
            )
            journal.write(db, ctx.id, ctx.now, [event], actor)
    except UniqueViolation as taken:
        text = "There is a discount code of this name already (capital letters make no difference); choose another."
        raise Refused([Trouble("code", "taken", wanted.code, text)]) from taken
    return id_


def _problems(db: Db, ctx: AccountContext, wanted: NewCode) -> list[Trouble]:
    found: list[Trouble] = []
    if not _WORD.fullmatch(wanted.code):
        text = "Give 1 to 50 letters and digits, such as SPRING25; hyphens, dots, plus and percent signs may follow."
        found.append(Trouble("code", "invalid", wanted.code[:60], text))
    if wanted.kind == PERCENT:
        given = wanted.percent
        if given is None or not given.is_finite() or not 0 < given < 100 or round(given, 6) != given:
            text = "Give a percentage above 0 and below 100, with at most six decimals."
            found.append(Trouble("percent", "invalid", "" if given is None else str(given), text))
        if wanted.amount_minor is not None:
            found.append(
                Trouble("amount", "invalid", str(wanted.amount_minor), "Give a percentage or an amount.")
            )
    elif wanted.kind == FIXED:
        if wanted.amount_minor is None or not 0 < wanted.amount_minor < 10**15:
            text = "Give an amount above 0."
            found.append(Trouble("amount", "invalid", str(wanted.amount_minor or ""), text))
        if wanted.percent is not None:
            found.append(
                Trouble("percent", "invalid", str(wanted.percent), "Give a percentage or an amount.")
            )
        found += _wrong_currency(db, ctx, wanted.currency)
    else:
        found.append(Trouble("kind", "unknown", wanted.kind, f"Give {PERCENT} or {FIXED}."))
    if wanted.uses_max is not None and not 1 <= wanted.uses_max <= USES_MOST:
        found.append(Trouble("uses_max", "invalid", str(wanted.uses_max), "Give 1 or more, or leave it out."))
    if wanted.expires_on is not None and wanted.expires_on < ctx.today:
        text = f"This day is past. Give today, {ctx.today}, or a day to come, or leave it out."
        found.append(Trouble("expires_on", "too_small", str(wanted.expires_on), text, str(ctx.today)))
    if wanted.label is not None and len(wanted.label) > 200:
        found.append(Trouble("label", "too_long", wanted.label[:40], "Give at most 200 characters.", "200"))
    return found


def _wrong_currency(db: Db, ctx: AccountContext, currency: str | None) -> list[Trouble]:
    rows = db.execute(
        "SELECT code FROM enabled_currency WHERE account_id = %s ORDER BY code", [ctx.id]
    ).fetchall()
    if currency in [row[0] for row in rows]:
        return []
    text = f"Give one that the account bills in: {', '.join(row[0] for row in rows)}."
    return [Trouble("currency", "unknown", currency or "", text)]


def deactivate_code(
    db: Db, ctx: AccountContext, id_: int, *, active: bool = False, actor: str = "system"
) -> bool:
    """Take a discount code out of use, or with ``active`` back into use; says whether that is something new."""
    with db.transaction():
        changed = db.execute(
            "UPDATE discount_code SET is_active = %s WHERE account_id = %s AND id = %s AND is_active <> %s",
            [active, ctx.id, id_, active],
        ).rowcount
        if changed:
            data = journal.changed(is_active=(not active, active))
            event = journal.NewEvent("discount_code.updated", "discount_code", id_, None, data)
            journal.write(db, ctx.id, ctx.now, [event], actor)
    return bool(changed)


def list_codes(db: Db, ctx: AccountContext) -> list[Code]:
    """Every discount code, the newest first."""
    return [Code(*row) for row in db.execute(_COLUMNS + " ORDER BY c.id DESC", [ctx.id]).fetchall()]


def find_code(db: Db, ctx: AccountContext, word: str) -> Code | None:
    """A discount code as a buyer writes it, without regard to case and spaces around it."""
    row = db.execute(_COLUMNS + " AND upper(c.code) = upper(%s)", [ctx.id, word.strip()]).fetchone()
    return None if row is None else Code(*row)


def code_of(db: Db, ctx: AccountContext, id_: int) -> Code | None:
    """A discount code by its number."""
    row = db.execute(_COLUMNS + " AND c.id = %s", [ctx.id, id_]).fetchone()
    return None if row is None else Code(*row)


def lock_code(db: Db, ctx: AccountContext, id_: int) -> None:
    """Let nobody else begin or end a use of this code before the transaction ends."""
    db.execute("SELECT FROM discount_code WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])


def count_use(db: Db, ctx: AccountContext, id_: int) -> None:
    """Count a use that was paid; the row is locked before (:func:`lock_code`)."""
    db.execute("UPDATE discount_code SET uses = uses + 1 WHERE account_id = %s AND id = %s", [ctx.id, id_])


def describe(code: Code) -> str:
    """What a code takes off, for lists: ``15 %`` or ``20.00 EUR``."""
    if code.percent is not None:
        return f"{code.percent.normalize():f} %"
    assert code.amount_minor is not None and code.currency is not None  # noqa: PT018
    return format_minor(code.amount_minor, code.currency)

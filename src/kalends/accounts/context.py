"""An account at a moment: what every service is handed instead of asking a clock or a table."""

from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.core.calendar import billing_instant, local_date


class UnknownAccount(LookupError):
    """There is no account of this number."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account decided for itself; every field has the default that a new account starts with.

    ``retry_days`` counts from the first failure; ``notice_days`` is how long before the next payment edits close;
    ``reminder_days`` and ``invoice_reminder_days`` are how long before a payment or a due date its customer is reminded
    (0: never). ``letters`` is ``queued`` (delivered) or ``kept`` (written down but never delivered).
    """

    billing_hour: int = 7
    invoice_prefix: str = "INV-"
    retry_days: tuple[int, ...] = (1, 3, 5, 7)
    notice_days: int = 2
    reminder_days: int = 0
    invoice_reminder_days: int = 0
    charges_per_second: int = 50
    letters: str = "queued"

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "AccountSettings":
        """Settings from their stored form; what is not stored has its default."""
        known = {item.name: stored[item.name] for item in fields(cls) if item.name in stored}
        if "retry_days" in known:
            known["retry_days"] = tuple(known["retry_days"])
        return cls(**known)

    def stored(self) -> Jsonb:
        """The form in which settings are stored."""
        return Jsonb(asdict(self))


@dataclass(frozen=True, slots=True)
class AccountContext:
    """An account, its settings and its present moment (``now`` in UTC, ``today`` in the account's time zone)."""

    id: int
    name: str
    mode: str
    time_zone: str
    currency: str
    language: str
    country: str
    settings: AccountSettings
    now: datetime
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_date(self.now, self.time_zone))

    @property
    def is_sandbox(self) -> bool:
        """Whether this account's money is not real and its clock can be moved."""
        return self.mode == "sandbox"

    def billing_starts(self, day: date) -> datetime:
        """The instant at which the charges and invoices of ``day`` start."""
        return billing_instant(day, self.time_zone, self.settings.billing_hour)

    @property
    def billing_day(self) -> date:
        """The latest day whose charges and invoices may have started by now (today, or before the hour yesterday)."""
        if self.now >= self.billing_starts(self.today):
            return self.today
        return date.fromordinal(self.today.toordinal() - 1)


_SELECT = "SELECT id, name, mode, time_zone, currency, language, country, settings, clock_at FROM account"


def load_context(db: Connection[Any], account_id: int, *, system_now: datetime) -> AccountContext:
    """The account at its present moment: its own clock's if it is a sandbox, else ``system_now``.

    Raises ``UnknownAccount``.
    """
    row = db.execute(_SELECT + " WHERE id = %s", [account_id]).fetchone()
    if row is None:
        raise UnknownAccount(f"There is no account {account_id}.")
    *plain, settings, clock_at = row
    return AccountContext(*plain, settings=AccountSettings.read(settings), now=clock_at or system_now)


def account_ids(db: Connection[Any]) -> list[int]:
    """Every account of this installation, oldest first."""
    return [row[0] for row in db.execute("SELECT id FROM account ORDER BY id").fetchall()]

"""Changing what an account decided for itself: its settings, its letterhead, and what it is called."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext, AccountSettings, load_context
from kalends.accounts.letterhead import Letterhead
from kalends.accounts.setting import InvalidSetting, Rule, UnknownSetting, rules_of
from kalends.events import journal

_NAMES: Mapping[str, Rule] = MappingProxyType(
    {
        "name": Rule(
            "What the account is called: letters come from this name.",
            "one line of 1 to 120 letters",
            "",
            lambda name: 0 < len(name.strip()) <= 120 and name.isprintable(),
        ),
        "language": Rule(
            "The language of pages, and of letters to customers who have none.",
            "en or nb or fi",
            "en",
            lambda language: language in ("en", "nb", "fi"),
            choices=("en", "nb", "fi"),
        ),
        "time_zone": Rule(
            "The time zone in which the account's days begin and end.",
            "the name of a time zone such as Europe/Oslo",
            "UTC",
            lambda name: name in available_timezones(),
        ),
        "country": Rule(
            "Where the account is: ISO 3166 code of two letters.",
            "two capital letters such as NO, or empty",
            "",
            lambda country: re.fullmatch(r"([A-Z]{2})?", country) is not None,
        ),
    }
)
_IN_COLUMNS: Mapping[str, Rule] = MappingProxyType({**_NAMES, **rules_of(Letterhead)})

RULES: Mapping[str, Rule] = MappingProxyType({**_IN_COLUMNS, **rules_of(AccountSettings)})
"""Every setting by name: what it means and may be."""


class Changed(NamedTuple):
    """The account afterwards, and what really changed: before and after, by setting."""

    ctx: AccountContext
    changes: dict[str, list[Any]]


def settings_of(ctx: AccountContext) -> dict[str, Any]:
    """The account's settings by name, in the order of ``RULES``."""
    named = {name: getattr(ctx, name) for name in _NAMES}
    return {**named, **asdict(ctx.letterhead), **asdict(ctx.settings)}


def read_setting(name: str, text: str) -> Any:
    """The value of a setting that people write so. Raises ``UnknownSetting`` or ``InvalidSetting``."""
    rule = _rule(name)
    if not rule.by_hand:
        raise InvalidSetting(f"The setting {name} is not typed in. {rule.meaning}")
    return rule.read(name, text)


def change_settings(
    db: Connection[Any], ctx: AccountContext, wanted: Mapping[str, Any], *, actor: str = "system"
) -> Changed:
    """Give settings other values, all or none; the journal keeps what they were.

    What is running keeps the settings that it began with. Raises ``UnknownSetting`` or ``InvalidSetting``.
    """
    for name, value in wanted.items():
        _rule(name).check(name, value)
    with db.transaction():
        db.execute("SELECT FROM account WHERE id = %s FOR UPDATE", [ctx.id])
        now = settings_of(load_context(db, ctx.id, system_now=ctx.now))
        changes = journal.changes(**{name: (now[name], value) for name, value in wanted.items()})
        if changes:
            _write(db, ctx.id, {name: after for name, (_, after) in changes.items()})
            event = journal.NewEvent(
                "account.settings_changed", "account", ctx.id, None, {"changes": changes}
            )
            journal.write(db, ctx.id, ctx.now, [event], actor)
        return Changed(load_context(db, ctx.id, system_now=ctx.now), changes)


def _write(db: Connection[Any], account_id: int, values: Mapping[str, Any]) -> None:
    stored = {item.name: values[item.name] for item in fields(AccountSettings) if item.name in values}
    columns = {name: value for name, value in values.items() if name in _IN_COLUMNS}
    places = "".join(f", {name} = %({name})s" for name in columns)
    db.execute(
        f"UPDATE account SET settings = settings || %(stored)s{places} WHERE id = %(id)s",  # type: ignore[arg-type]
        {"id": account_id, "stored": Jsonb(stored), **columns},
    )


def _rule(name: str) -> Rule:
    rule = RULES.get(name)
    if rule is None:
        raise UnknownSetting(f"There is no setting {name}. There are {', '.join(RULES)}.")
    return rule

"""What a payment link may say; asked by whoever writes one, person or program."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.catalog.options import ACCEPTED_METHODS, LANGUAGES
from kalends.crm.pipelines import UnknownPipeline, pipeline
from kalends.crm.rules import Change, Draft, Rules, register
from kalends.sales.trouble import Trouble

Db = Connection[Any]
NAME_LONGEST, TEXT_LONGEST, ADDRESS_LONGEST = 200, 5_000, 2_000
FIELDS_MAX, FIELD_TYPES = 20, ("text", "number", "date", "choice", "checkbox")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def problems_with(
    db: Db, ctx: AccountContext, columns: Mapping[str, Any], *, changed: Collection[str] | None = None
) -> list[Trouble]:
    """Everything that is wrong with a link's columns; of one that is there, only with what was changed."""
    found = [
        *_about_words(columns),
        *_about_places(db, ctx, columns),
        *_about_fields(columns.get("custom_fields") or []),
    ]
    if changed is None:
        return found
    asked = set(changed)
    return [each for each in found if each.place.split(",")[0].split(" ")[0] in asked]


def _about_words(columns: Mapping[str, Any]) -> Iterator[Trouble]:
    name = columns.get("name") or ""
    if not name.strip():
        yield Trouble("name", "missing", "", "Give the link a name; buyers see it on the receipt.")
    elif len(name) > NAME_LONGEST:
        yield Trouble(
            "name", "too_long", name[:40], f"Give at most {NAME_LONGEST} characters.", str(NAME_LONGEST)
        )
    text = columns.get("text_below_total") or ""
    if len(text) > TEXT_LONGEST:
        yield Trouble(
            "text_below_total",
            "too_long",
            text[:40],
            f"Give at most {TEXT_LONGEST} characters.",
            str(TEXT_LONGEST),
        )
    if columns.get("status", "active") not in ("active", "inactive"):
        yield Trouble("status", "unknown", str(columns["status"]), "Give active or inactive.")
    methods = columns.get("allowed_payment_methods")
    known = [option.value for option in ACCEPTED_METHODS]
    if methods is not None and not methods:
        yield Trouble(
            "allowed_payment_methods", "missing", "", "Name at least one, or accept all by naming none."
        )
    for method in methods or ():
        if method not in known:
            yield Trouble("allowed_payment_methods", "unknown", method, f"Known are {', '.join(known)}.")
    language = columns.get("language")
    if language is not None and language not in {option.value for option in LANGUAGES}:
        yield Trouble(
            "language", "unknown", language, f"Give {', '.join(option.value for option in LANGUAGES)}."
        )
    address = columns.get("redirect_url")
    if address is not None and not _is_address(address):
        yield Trouble(
            "redirect_url", "invalid", address[:100], "Give a whole address that begins with https://."
        )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and len(text) <= ADDRESS_LONGEST
        and text.isprintable()
    )


def _about_places(db: Db, ctx: AccountContext, columns: Mapping[str, Any]) -> Iterator[Trouble]:
    rows = db.execute(
        "SELECT code FROM enabled_currency WHERE account_id = %s ORDER BY code", [ctx.id]
    ).fetchall()
    enabled = [row[0] for row in rows]
    if columns.get("currency") not in enabled:
        text = f"The account bills in {', '.join(enabled)}."
        yield Trouble("currency", "unknown", str(columns.get("currency") or ""), text)
    if columns.get("deal_pipeline") is None and columns.get("deal_stage") is None:
        return
    try:
        found = pipeline(
            db, ctx, get_object("deal"), columns.get("deal_pipeline") or ctx.settings.links_deal_pipeline
        )
        found.stage(columns.get("deal_stage") or ctx.settings.links_deal_stage)
    except UnknownPipeline as problem:
        yield Trouble("deal_stage", "unknown", str(columns.get("deal_stage") or ""), str(problem))


def _about_fields(asked: Sequence[Mapping[str, Any]]) -> Iterator[Trouble]:
    if len(asked) > FIELDS_MAX:
        text = f"Ask at most {FIELDS_MAX} questions."
        yield Trouble("custom_fields", "too_large", str(len(asked)), text, str(FIELDS_MAX))
    seen: set[str] = set()
    for number, field in enumerate(asked, start=1):
        place, name = f"custom_fields, question {number}", str(field.get("name") or "")
        if not _FIELD_NAME.fullmatch(name):
            yield Trouble(place, "invalid", name[:40], "Name it in small letters, digits and underscores.")
        elif name in seen:
            yield Trouble(place, "invalid", name, "Another question has this name; give it one of its own.")
        seen.add(name)
        if not str(field.get("label") or "").strip() or len(str(field["label"])) > NAME_LONGEST:
            yield Trouble(
                place, "missing", name, f"Write the question, in at most {NAME_LONGEST} characters."
            )
        if field.get("type") not in FIELD_TYPES:
            text = f"Its type is one of {', '.join(FIELD_TYPES)}."
            yield Trouble(place, "unknown", str(field.get("type") or ""), text)
        elif field["type"] == "choice" and not field.get("options"):
            yield Trouble(place, "missing", name, "A choice needs options to choose from.")


def register_rules() -> None:
    """Say what holds for payment links that programs write as records."""
    register("payment_link", Rules(fill=_fill, check=_check))


def _fill(db: Db, ctx: AccountContext, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        _refuse(db, ctx, draft, draft.columns, None)


def _check(db: Db, ctx: AccountContext, changes: Sequence[Change]) -> None:
    for change in changes:
        _refuse(db, ctx, change, {**change.row, **change.columns}, change.columns.keys())


def _refuse(
    db: Db,
    ctx: AccountContext,
    asked: Draft | Change,
    columns: Mapping[str, Any],
    changed: Collection[str] | None,
) -> None:
    if asked.written.problems:
        return
    names = {prop.column: prop.name for prop in get_object("payment_link").properties if prop.column}
    for trouble in problems_with(db, ctx, columns, changed=changed):
        asked.refuse(names.get(trouble.place.split(",")[0], trouble.place), trouble.text)

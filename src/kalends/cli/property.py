"""``kalends property``: the account's own properties, and what becomes of those that were archived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from kalends.catalog.model import ObjectType
from kalends.cli.asking import ask
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say, table
from kalends.platform.errors import UserFacing


@click.group()
def property_() -> None:
    """List an account's own properties; take archived ones into use again, or delete them for good."""


@property_.command("list", epilog="Exit codes: 0 shown, 2 no such object, 3 no database.")
@click.argument("kind", metavar="OBJECT")
@account_option
@json_option
def list_(kind: str, account: str | None, as_json: bool) -> None:
    """List the properties that the account has added to an OBJECT, such as contacts; archived ones too.

    \b
    Examples:
      kalends property list contacts
      kalends property list subscriptions --json
    """
    from kalends.crm.properties import definitions

    with open_session() as session:
        ctx, obj = session.account(account), _object(kind)
        found = [
            *definitions(session.db, ctx, obj),
            *definitions(session.db, ctx, obj, archived=True),
        ]
    shown = [
        {
            "name": each.name,
            "label": each.label,
            "type": each.type,
            "archived": None if each.archived_at is None else each.archived_at.isoformat(),
        }
        for each in found
    ]
    if as_json:
        print_json({"account": ctx.id, "object": obj.plural, "properties": shown})
        return
    if not shown:
        say(f"The account has added no properties to {obj.plural}. Programs do, over the HTTP API.")
        return
    table(
        ("name", "label", "type", "archived"),
        [tuple((each[name] or "")[: 10 if name == "archived" else None] for name in each) for each in shown],
    )


@property_.command(epilog="Exit codes: 0 restored, 2 no such archived property or no room, 3 no database.")
@click.argument("kind", metavar="OBJECT")
@click.argument("name", metavar="NAME")
@account_option
def restore(kind: str, name: str, account: str | None) -> None:
    """Take the archived property NAME of an OBJECT into use again, with the values that records have.

    \b
    Examples:
      kalends property restore contacts shoe_size
    """
    from kalends.crm.properties import restore_property

    with open_session() as session:
        ctx, obj = session.account(account), _object(kind)
        with _told(name):
            restore_property(session.db, ctx, obj, name, actor="cli")
    say(f"{name} is a property of {obj.plural} again.")


@property_.command(epilog="Exit codes: 0 deleted, 2 no such archived property, 3 no database.")
@click.argument("kind", metavar="OBJECT")
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@account_option
def delete(kind: str, name: str, account: str | None, yes: bool) -> None:
    """Delete the archived property NAME of an OBJECT for good, with its values. The journal keeps what they were.

    \b
    Examples:
      kalends property delete contacts shoe_size
    """
    from kalends.crm.properties import delete_property

    ask("delete", f"The property {name} is deleted for good, with the values that records have.", yes=yes)
    with open_session() as session:
        ctx, obj = session.account(account), _object(kind)
        with _told(name):
            had = delete_property(session.db, ctx, obj, name, actor="cli")
    say(f"{name} is deleted; {had} {obj.plural} had a value.")


def _object(name: str) -> ObjectType:
    from kalends.catalog.registry import UnknownName, get_object

    try:
        return get_object(name)
    except UnknownName as problem:
        raise UserFacing(
            "There is no such object.", where="OBJECT", value=name, remedy=str(problem)
        ) from problem


@contextmanager
def _told(name: str) -> Iterator[None]:
    from kalends.crm.properties import UnknownProperty
    from kalends.crm.property_groups import PropertyRefused

    try:
        yield
    except (UnknownProperty, PropertyRefused) as problem:
        raise UserFacing(
            "This cannot be done with the property.", where="NAME", value=name, remedy=str(problem)
        ) from problem

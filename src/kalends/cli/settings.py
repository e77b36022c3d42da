"""``kalends settings``: what an account decided for itself, shown with what it means, and changed."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.change import Changed

NOTICES = {
    "payments_made": "each payment made",
    "payments_failed": "each payment that failed",
    "disputes": "disputes",
    "pauses": "pauses of subscriptions that they own, or that nobody owns",
    "webhooks": "webhooks that were given up (on the pages only)",
}


@click.group()
def settings() -> None:
    """Show and change an account's settings, its address, color and logo, and who is told of what."""


@settings.command(epilog="Exit codes: 0 shown, 3 no database.")
@account_option
@json_option
def show(account: str | None, as_json: bool) -> None:
    """Show every setting with its value, what it may be, and what it means. Changed ones are marked with *.

    \b
    Examples:
      kalends settings show
      kalends settings show --json
    """
    from kalends.accounts.change import RULES, settings_of
    from kalends.accounts.setting import written

    with open_session() as session:
        ctx = session.account(account)
        values = settings_of(ctx)
    if as_json:
        told = {
            name: {
                "value": values[name],
                "default": rule.default,
                "allowed": rule.allowed,
                "meaning": rule.meaning,
            }
            for name, rule in RULES.items()
        }
        print_json({"account": ctx.id, "settings": told})
        return
    table(
        ("setting", "value", "", "meaning"),
        [
            (name, written(values[name]), "" if values[name] == rule.default else "*", rule.meaning)
            for name, rule in RULES.items()
        ],
    )


@settings.command(
    "set", epilog="Exit codes: 0 set, 2 no such setting or a value that it cannot have, 3 no database."
)
@click.argument("name")
@click.argument("value")
@account_option
@json_option
def set_(name: str, value: str, account: str | None, as_json: bool) -> None:
    """Give the setting NAME another VALUE. It holds from now on; what it was stays in the journal.

    Lists have commas between, switches are on or off, and "" empties what may be empty.

    \b
    Examples:
      kalends settings set retry_days "1, 3, 5, 7"
      kalends settings set reminder_days 14
      kalends settings set failed_payment_letters off
      kalends settings set brand_color "#12464f"
    """
    from kalends.accounts.change import RULES, change_settings, read_setting
    from kalends.accounts.setting import InvalidSetting, UnknownSetting

    with open_session() as session:
        ctx = session.account(account)
        try:
            changed = change_settings(session.db, ctx, {name: read_setting(name, value)}, actor="cli")
        except UnknownSetting as problem:
            near = difflib.get_close_matches(name, RULES, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(RULES)}."
            raise UserFacing(
                "There is no such setting.", where="NAME", value=name, remedy=remedy
            ) from problem
        except InvalidSetting as problem:
            rule = RULES[name]
            raise UserFacing(
                f"The setting {name} cannot be that.",
                where=f"setting {name}",
                value=value,
                remedy=f"It may be {rule.allowed}. {rule.meaning}" if rule.by_hand else rule.meaning,
            ) from problem
    _tell(changed, name, as_json=as_json)


@settings.command(
    epilog="Exit codes: 0 set, 2 the file cannot be read or is no fitting picture, 3 no database."
)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--remove", is_flag=True, help="Have no logo: the account's initial on its color takes its place."
)
@account_option
@json_option
def logo(file: Path | None, remove: bool, account: str | None, as_json: bool) -> None:
    """Make the picture in FILE (PNG, JPEG or SVG, up to 512 kB) the account's logo.

    It stands on letters, pages and invoices from now on; those that were sent keep theirs. What is stored is a drawing
    of the picture with at most 640 by 160 pixels, with nothing else that the file may hold.

    \b
    Examples:
      kalends settings logo skarv.svg
      kalends settings logo --remove
    """
    from kalends.accounts.change import change_settings
    from kalends.documents.logo import UnfitLogo, set_logo

    if (file is None) != remove:
        raise UserFacing("Give either a FILE or --remove.", where="kalends settings logo")
    with open_session() as session:
        ctx = session.account(account)
        try:
            content = b"" if file is None else file.read_bytes()
            changed = (
                change_settings(session.db, ctx, {"logo": ""}, actor="cli")
                if remove
                else set_logo(session.db, ctx, content, actor="cli")
            )
        except UnfitLogo as problem:
            raise UserFacing("This cannot be the logo.", where=str(file), remedy=str(problem)) from problem
        except OSError as problem:
            raise UserFacing(
                "The file cannot be read.", where=str(file), value=str(problem.strerror)
            ) from problem
    _tell(changed, "logo", as_json=as_json)


def _switch(name: str, meaning: str) -> Any:
    option = f"--{name.replace('_', '-')}"
    return click.option(
        option, name, type=click.Choice(("on", "off")), help=f"Whether they are told of {meaning}."
    )


@settings.command(epilog="Exit codes: 0 shown or changed, 2 no such member, 3 no database.")
@click.argument("email", required=False)
@_switch("payments_made", NOTICES["payments_made"])
@_switch("payments_failed", NOTICES["payments_failed"])
@_switch("disputes", NOTICES["disputes"])
@_switch("pauses", NOTICES["pauses"])
@_switch("webhooks", NOTICES["webhooks"])
@account_option
@json_option
def notices(email: str | None, account: str | None, as_json: bool, **switches: str | None) -> None:
    """Show of what the account's users are told by letter and on their pages, or switch it for the one with this EMAIL.

    Only administrators are told of payments and disputes, whatever is switched on.

    \b
    Examples:
      kalends settings notices
      kalends settings notices kari@nordlys.example --payments-made off
    """
    from kalends.accounts.people import UnknownMember, members, switch_notices

    wanted = {name: value == "on" for name, value in switches.items() if value is not None}
    if wanted and email is None:
        raise UserFacing("Whose notices?", where="EMAIL", remedy="Give the email address of the user.")
    with open_session() as session:
        ctx = session.account(account)
        try:
            if email is not None and wanted:
                switch_notices(session.db, ctx.id, email, wanted)
            found = members(session.db, ctx.id, email)
        except UnknownMember as problem:
            raise UserFacing(
                str(problem),
                where="EMAIL",
                value=email or "",
                remedy="`kalends settings notices` lists them.",
            ) from problem
    if as_json:
        print_json({"members": [member._asdict() for member in found]})
        return
    table(
        ("user", "email", "role", *(name.replace("_", " ") for name in NOTICES)),
        [
            (
                member.name,
                member.email,
                member.role,
                *("on" if getattr(member, name) else "off" for name in NOTICES),
            )
            for member in found
        ],
    )


def _tell(changed: Changed, name: str, *, as_json: bool) -> None:
    from kalends.accounts.change import settings_of
    from kalends.accounts.setting import written

    value = settings_of(changed.ctx)[name]
    if as_json:
        print_json(
            {"account": changed.ctx.id, "setting": name, "value": value, "changed": name in changed.changes}
        )
        return
    before = changed.changes.get(name)
    shown = written(value) or "empty"
    if before is None:
        say(f"{name} is {shown}, as it was.")
    else:
        say(f"{name} is {shown} now; it was {written(before[0]) or 'empty'}.")

"""``kalends init``: the installation, an account and its first user."""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from typing import Any

import click

from kalends.cli.moments import parse_moment
from kalends.cli.session import Session, open_session
from kalends.cli.show import facts, json_option, print_json, say
from kalends.platform.errors import UserFacing

LANGUAGES = ("en", "nb", "fi")
_WORDS_IN_PASSWORD = 18


@click.command(
    epilog="Exit codes: 0 made or there already, 2 a value that cannot be, 3 no database, 5 no room."
)
@click.option("--name", help="The account's name; default: My company.")
@click.option(
    "--time-zone", default="Europe/Oslo", show_default=True, help="IANA name; dates are meant in it."
)
@click.option(
    "--currency", default="EUR", show_default=True, help="ISO 4217 code of the account's own currency."
)
@click.option(
    "--also-bill-in", multiple=True, metavar="CODE", help="A further currency to bill in; may be repeated."
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of pages and letters."
)
@click.option("--country", default="", help="ISO 3166 code of two letters, such as NO.")
@click.option("--owner-email", help="Who signs in as administrator; asked for on a terminal.")
@click.option("--owner-name", help="The administrator's name; default: the address before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the administrator's password from standard input.")
@click.option(
    "--sandbox/--live", default=True, help="Play money and a clock that you move (default), or the real ones."
)
@click.option(
    "--clock", "clock_at", metavar="DATE", help="Where a sandbox's clock stands first; default: now."
)
@json_option
def init(as_json: bool, password_stdin: bool, owner_email: str | None, **wishes: Any) -> None:
    """Make the installation and an account with an administrator.

    Makes the folder KALENDS_HOME, the database and its tables where they are missing, then the account. Given twice,
    the second call finds the account of that name (or, without --name, any account) and changes nothing.

    The password is asked for on a terminal, read from standard input with --password-stdin, and otherwise made up and
    shown once.

    \b
    Examples:
      kalends init --name "Nordlys AS" --currency NOK --country NO --owner-email kari@nordlys.example
      kalends init --sandbox --clock 2026-01-01 --owner-email me@example.com
      kalends init --live --owner-email me@example.com --password-stdin < secret.txt
    """
    with open_session() as session:
        found = _existing(session, wishes["name"])
        if found is None:
            email = _address(owner_email)
            document = _make(session, wishes, email, _password(password_stdin, email))
        else:
            document = {"created": False, **found, "home": str(session.home.path)}
    if as_json:
        print_json(document)
    else:
        _tell(document)


def _existing(session: Session, name: str | None) -> dict[str, Any] | None:
    """The account of this name, or the first one when no name was asked for."""
    row = session.db.execute(
        "SELECT id, name, mode, time_zone, currency FROM account WHERE %(name)s::text IS NULL OR name = %(name)s "
        "ORDER BY id LIMIT 1",
        {"name": name},
    ).fetchone()
    return (
        None
        if row is None
        else dict(zip(("account", "name", "mode", "time_zone", "currency"), row, strict=True))
    )


def _make(session: Session, wishes: dict[str, Any], email: str, given: str | None) -> dict[str, Any]:
    from kalends.accounts.create import create_account
    from kalends.core.calendar import UnknownTimeZone
    from kalends.core.money import UnknownCurrency

    name = wishes["name"] or "My company"
    clock_at = _clock(session, wishes)
    with session.db.transaction():
        session.db.execute("SELECT pg_advisory_xact_lock(hashtext('kalends: init'))")
        found = _existing(session, wishes["name"])
        if found is not None:
            return {"created": False, **found, "home": str(session.home.path)}
        try:
            ctx = create_account(
                session.db,
                name=name,
                time_zone=wishes["time_zone"],
                currency=wishes["currency"],
                currencies=wishes["also_bill_in"],
                now=session.now,
                language=wishes["language"],
                country=_country(wishes["country"]),
                clock_at=clock_at,
            )
        except UnknownCurrency as problem:
            raise UserFacing(
                "This currency is not known.", where="--currency", value=str(problem)
            ) from problem
        except UnknownTimeZone as problem:
            raise UserFacing(
                "This time zone is not known.", where="--time-zone", value=str(problem)
            ) from problem
        owner = _owner(session, ctx.id, email, wishes, given)
    made = {
        "account": ctx.id,
        "name": ctx.name,
        "mode": ctx.mode,
        "time_zone": ctx.time_zone,
        "currency": ctx.currency,
    }
    return {"created": True, **made, **owner, "home": str(session.home.path)}


def _clock(session: Session, wishes: dict[str, Any]) -> datetime | None:
    text = wishes["clock_at"]
    if not wishes["sandbox"]:
        if text is not None:
            raise UserFacing(
                "A live account's clock is the real one.",
                where="--clock",
                value=text,
                remedy="Leave it out, or add --sandbox.",
            )
        return None
    if text is None:
        return session.now
    from kalends.core.calendar import UnknownTimeZone

    try:
        return parse_moment(text, wishes["time_zone"])
    except UnknownTimeZone as problem:
        raise UserFacing("This time zone is not known.", where="--time-zone", value=str(problem)) from problem


def _country(code: str) -> str:
    from babel import Locale

    known = Locale("en").territories
    if code and not (len(code) == 2 and code.isalpha() and code.upper() in known):
        raise UserFacing(
            "This country is not known.",
            where="--country",
            value=code,
            remedy="Give its ISO 3166 code, such as NO or FI.",
        )
    return code.upper()


def _address(given: str | None) -> str:
    if given is None and sys.stdin.isatty():
        given = click.prompt("Administrator's email address", err=True)
    if given is None:
        raise UserFacing(
            "An account needs an administrator.",
            where="--owner-email",
            remedy="Add --owner-email you@example.com.",
        )
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    address = given.strip().lower()
    try:
        validate_email(address)
    except ValidationError as problem:
        raise UserFacing(
            "This is not an email address.",
            where="--owner-email",
            value=given,
            remedy="Write it like kari@example.com.",
        ) from problem
    return address


def _password(from_stdin: bool, email: str) -> str | None:
    """The password that was given, after a look at its strength; None to make one up."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from kalends.accounts.models import User

    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        words = "Password (empty: one is made up)"
        given = click.prompt(
            words, default="", hide_input=True, confirmation_prompt=True, show_default=False, err=True
        )
        if not given:
            return None
    else:
        return None
    try:
        validate_password(given, User(email=email, name=""))
    except ValidationError as problem:
        where = "standard input" if from_stdin else "the prompt"
        raise UserFacing(
            "This password is too weak.", where=where, remedy=" ".join(problem.messages)
        ) from problem
    return given


def _owner(
    session: Session, account_id: int, email: str, wishes: dict[str, Any], given: str | None
) -> dict[str, Any]:
    """Make the user where there is none of this address, and an administrator of the account in any case."""
    from django.contrib.auth.hashers import make_password

    password = given or secrets.token_urlsafe(_WORDS_IN_PASSWORD)
    row = session.db.execute(
        "INSERT INTO app_user (email, name, language, is_active, password) VALUES (%s, %s, %s, true, %s) "
        "ON CONFLICT (email) DO NOTHING RETURNING id",
        [email, wishes["owner_name"] or email.partition("@")[0], wishes["language"], make_password(password)],
    ).fetchone()
    session.db.execute(
        "INSERT INTO membership (account_id, user_id, role, told_of_payments_made, told_of_payments_failed) "
        "SELECT %s, id, 'admin', true, true FROM app_user WHERE email = %s",
        [account_id, email],
    )
    if row is None:
        return {"owner": email, "owner_is_new": False}
    return {"owner": email, "owner_is_new": True, **({} if given else {"password": password})}


def _tell(document: dict[str, Any]) -> None:
    if not document["created"]:
        say(f"There is an account already: {document['account']} ({document['name']}). Nothing was changed.")
        return
    facts(
        [
            ("account", f"{document['account']} ({document['name']})"),
            ("mode", document["mode"]),
            ("time zone", document["time_zone"]),
            ("currency", document["currency"]),
            ("administrator", document["owner"]),
            ("password", document.get("password")),
            ("home", document["home"]),
        ]
    )
    if "password" in document:
        say("The password was made up and is shown only this once.")
    elif not document["owner_is_new"]:
        say("A user of this address was there already and keeps the password.")

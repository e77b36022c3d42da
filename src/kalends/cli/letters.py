"""``kalends letters``: the log of letters, what each of them says, and sending one again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from kalends.cli.asking import RECORD_ID, tell_and_do, yes_option
from kalends.cli.session import account_option, open_session
from kalends.cli.show import facts, json_option, note, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.messages.letters.wording import Wording
    from kalends.messages.log import LetterRow

STATUSES = ("queued", "kept", "sending", "sent", "failed")
LANGUAGES = ("en", "nb", "fi")


@click.group()
def letters() -> None:
    """List the letters, show what they say, look at samples, or send one again."""


@letters.command("list", epilog="Exit codes: 0 shown, 2 no such kind, 3 no database.")
@click.option(
    "--subscription", type=RECORD_ID, help="Those about this subscription and what was billed on it."
)
@click.option("--contact", type=RECORD_ID, help="Those to or about this contact.")
@click.option("--kind", help="Those of a kind, such as receipt or charge_failed.")
@click.option("--status", type=click.Choice(STATUSES), help="Those that stand so.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest, at most.")
@account_option
@json_option
def list_(account: str | None, as_json: bool, kind: str | None, **narrowed: Any) -> None:
    """List letters that were decided on, the newest first.

    A letter is queued until it is delivered; then it is sent, or failed with the reason. In an account that delivers
    no letters (setting `letters`) it is kept.

    \b
    Examples:
      kalends letters list --subscription 1042
      kalends letters list --status failed
      kalends letters list --kind charge_failed --limit 500 --json
    """
    from kalends.messages import log

    with open_session() as session:
        ctx = session.account(account)
        if kind is not None:
            _known(kind)
        found = log.letters(session.db, ctx, kind=kind, **narrowed)
    if as_json:
        print_json({"letters": [row._asdict() for row in found]})
        return
    if not found:
        say("There is no such letter.")
        return
    zone = ZoneInfo(ctx.time_zone)
    table(
        ("letter", "decided", "kind", "to", "subject", "status", "why"),
        [
            (
                row.id,
                f"{row.created_at.astimezone(zone):%Y-%m-%d %H:%M}",
                row.kind,
                row.recipient,
                row.subject or "",
                row.status,
                row.error or "",
            )
            for row in found
        ],
        right=("letter",),
    )


@letters.command(epilog="Exit codes: 0 shown, 2 no such letter or nothing to show, 3 no database.")
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--html", is_flag=True, help="Print the page that mail programs show, with its logo in it.")
@account_option
@json_option
def show(id_: int, html: bool, account: str | None, as_json: bool) -> None:
    """Show the letter ID as it was sent. The words are kept, so they are those that went out, whatever changed since.

    A letter that has not been written out yet is shown as it would read now.

    \b
    Examples:
      kalends letters show 1842
      kalends letters show 1842 --html > letter.html
    """
    from kalends.messages.letters.render import CannotRender
    from kalends.messages.log import UnknownLetter, show_letter

    with open_session() as session:
        ctx = session.account(account)
        try:
            shown = show_letter(session.db, ctx, id_)
        except UnknownLetter as problem:
            raise _unknown(str(problem), id_) from problem
        except CannotRender as problem:
            raise UserFacing(
                str(problem),
                where=f"letter {id_}",
                remedy="It was never written, so there is nothing to show.",
            ) from problem
    row, words = shown.row, shown.letter
    if html:
        click.echo(shown.html)
    elif as_json:
        texts = {"subject": words.subject, "text": words.text, "html": shown.html}
        print_json(
            {**row._asdict(), "written": shown.written, **texts, "attached": _attached(words.attached)}
        )
    else:
        _tell(row, ctx, shown.written, words.subject, _attached(words.attached))
        say()
        say(words.text.rstrip())


def _tell(row: LetterRow, ctx: AccountContext, written: bool, subject: str, attached: str | None) -> None:
    zone = ZoneInfo(ctx.time_zone)
    sent = None if row.sent_at is None else f"{row.sent_at.astimezone(zone):%Y-%m-%d %H:%M}"
    facts(
        [
            ("letter", f"{row.id}, {row.kind}"),
            ("to", row.recipient),
            ("about", row.object_id or None),
            ("decided", f"{row.created_at.astimezone(zone):%Y-%m-%d %H:%M}"),
            ("status", row.status if written else f"{row.status}, not written out yet: it would read so now"),
            ("sent", sent),
            ("tries", row.tries or None),
            ("why", row.error),
            ("with it", attached),
            ("subject", subject),
        ]
    )


@letters.command(epilog="Exit codes: 0 shown, 2 no such kind or the file cannot be written, 3 no database.")
@click.argument("kind")
@click.option("--language", type=click.Choice(LANGUAGES), help="Default: the account's.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to look at here."
)
@account_option
def preview(kind: str, language: str | None, out: Path | None, account: str | None) -> None:
    """Show what a letter of this KIND looks like, with made-up people and amounts and the account's own name, color,
    logo and wording. Nothing is sent.

    \b
    Examples:
      kalends letters preview receipt
      kalends letters preview charge_failed --language nb --out letter.html
    """
    from kalends.documents.logo import read_logos
    from kalends.messages.letters.layout import for_browsers
    from kalends.messages.trial import sample_letter

    _known(kind)
    with open_session() as session:
        ctx = session.account(account)
        letter = sample_letter(session.db, ctx, kind, language or ctx.language)
        html = for_browsers(letter, read_logos(session.db, ctx.id, letter.logos))
    if out is None:
        say(letter.subject)
        say()
        say(letter.text.rstrip())
        return
    try:
        out.write_text(html, "utf-8")
    except OSError as problem:
        raise UserFacing(
            "The file cannot be written.",
            where="--out",
            value=f"{out}: {problem.strerror}",
            remedy="Name another.",
        ) from problem
    note(f"Written to {out}; open it in a browser.")


@letters.command(epilog="Exit codes: 0 shown or kept, 2 no such kind or words that cannot be, 3 no database.")
@click.argument("kind")
@click.option("--language", type=click.Choice(LANGUAGES), help="Default: the account's.")
@click.option("--subject", help="The subject; nothing: the standard one.")
@click.option("--opening", help="The words above the amount; nothing: the standard ones.")
@click.option("--closing", help="Words of the account's own at the end; nothing: none.")
@click.option("--standard", is_flag=True, help="Take all words of the account's own back.")
@account_option
@json_option
def wording(
    kind: str, language: str | None, standard: bool, account: str | None, as_json: bool, **parts: str | None
) -> None:
    """Show how the account words a letter of this KIND to its customers, or word it from now on.

    A placeholder such as {{ amount }} stands for a fact of the letter; without options those that it knows are shown.

    \b
    Examples:
      kalends letters wording receipt
      kalends letters wording receipt --language nb --subject "Kvittering fra {{ seller }}: {{ amount }}"
      kalends letters wording receipt --language nb --standard
    """
    from kalends.messages.letters.wording import PLACEHOLDERS, STANDARD
    from kalends.messages.wordings import read_wordings

    _known(kind)
    if kind not in PLACEHOLDERS:
        raise UserFacing(
            "This letter goes to users; it cannot be worded.",
            where="the kind",
            value=kind,
            remedy=f"Those to customers can: {', '.join(PLACEHOLDERS)}.",
        )
    said = {part: text for part, text in parts.items() if text is not None}
    with open_session() as session:
        ctx, db = session.account(account), session.db
        spoken = language or ctx.language
        before = read_wordings(db, ctx.id, kind).get(spoken, STANDARD)
        wanted = (STANDARD if standard else before)._replace(**said)
        if wanted != before:
            _word(db, ctx, kind, spoken, wanted)
        own = read_wordings(db, ctx.id, kind).get(spoken, STANDARD)._asdict()
    known = list(PLACEHOLDERS[kind])
    if as_json:
        print_json({"kind": kind, "language": spoken, **own, "placeholders": known})
        return
    told = [(part, text or "standard") for part, text in own.items()]
    facts([("letter", f"{kind}, {spoken}"), *told, ("placeholders", ", ".join(known))])


def _word(db: Any, ctx: AccountContext, kind: str, language: str, wanted: Wording) -> None:
    from kalends.messages.letters.wording import WordingRefused
    from kalends.messages.wordings import set_wording

    try:
        set_wording(db, ctx, kind, language, wanted, actor="cli")
    except WordingRefused as refusal:
        first = refusal.problems[0]
        raise UserFacing(
            f"The {first.part} cannot be so.",
            where=f"--{first.part}",
            value=first.value,
            remedy=first.remedy,
        ) from refusal


class _Letter(NamedTuple):
    """A letter as something that a command acts on."""

    id: int
    kind: str
    recipient: str
    status: str

    @property
    def place(self) -> str:
        """Where a refusal happens."""
        return f"letter {self.id}"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"Letter {self.id} ({self.kind} to {self.recipient}, {self.status})"


@letters.command(
    epilog="Exit codes: 0 queued, 2 no such letter or no --yes, 3 no database, 4 it cannot be sent again."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def resend(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Send the letter ID again, as another letter with the same words and the same document.

    It goes to the contact's present address. One that is on its way already is not sent again.

    \b
    Examples:
      kalends letters resend 1842
      kalends letters resend 1842 --yes
    """
    from kalends.messages.log import UnknownLetter, letter_row
    from kalends.messages.resend import resend as send_again

    with open_session() as session:
        ctx, db = session.account(account), session.db
        try:
            before = letter_row(db, ctx, id_)
        except UnknownLetter as problem:
            raise _unknown(str(problem), id_) from problem
        target = _Letter(before.id, before.kind, before.recipient, before.status)
        after = tell_and_do(
            db,
            "send",
            target,
            lambda: letter_row(db, ctx, send_again(db, ctx, id_)),
            lambda again: _consequence(again, ctx, written=before.subject is not None),
            yes=yes,
        )
    if as_json:
        print_json({"letter": after.id, "again": id_, "recipient": after.recipient, "status": after.status})
    else:
        say(f"Letter {after.id} to {after.recipient} is {after.status}.")


def _consequence(again: LetterRow, ctx: AccountContext, *, written: bool) -> str:
    words = "in the same words" if written else "written out now for the first time"
    if ctx.settings.letters != "queued":
        return f"It is put down once more for {again.recipient}, {words}; this account delivers no letters."
    return f"It goes out once more to {again.recipient}, {words}."


def _attached(page: Any) -> str | None:
    return None if page is None else page["file_name"]


def _known(kind: str) -> None:
    from kalends.messages.letters.kinds import KINDS

    if kind not in KINDS:
        raise UserFacing(
            "There is no such kind of letter.",
            where="the kind",
            value=kind,
            remedy=f"There are {', '.join(KINDS)}.",
        )


def _unknown(message: str, id_: int) -> UserFacing:
    return UserFacing(
        message, where=f"letter {id_}", remedy="`kalends letters list` shows the letters with their numbers."
    )

"""Agreeing to a quote: by a click or by a signature, once for each version, with evidence that nobody can change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.sales.quote_convert import bill_accepted
from kalends.sales.quote_course import is_open_for
from kalends.sales.quote_document import Evidence, is_as_shown, signed_pdf
from kalends.sales.quote_letters import tell_of_acceptance
from kalends.sales.quote_signing import Verified
from kalends.sales.quote_versions import Version
from kalends.sales.quotes import ACCEPTED, CLICK, SIGNATURE, QuoteRefused, find_quote, locked

Db = Connection[Any]
NAME_LONGEST, AGENT_LONGEST = 200, 500


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody did to agree: the name they typed, the sentence they agreed to, and from where.

    ``verified`` and ``image`` (the PNG that was drawn) belong to signatures.
    """

    name: str
    text: str
    address: str
    agent: str
    verified: Verified | None = None
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who agreed to a version, how and when."""

    kind: str
    name: str
    at: datetime


def acceptance_of(db: Db, ctx: AccountContext, version_id: int) -> Acceptance | None:
    """Who agreed to a version, if anybody did."""
    row = db.execute(
        "SELECT kind, signer_name, at FROM quote_acceptance WHERE account_id = %s AND version_id = %s",
        [ctx.id, version_id],
    ).fetchone()
    return None if row is None else Acceptance(*row)


def accept_quote(db: Db, ctx: AccountContext, version: Version, agreement: Agreement) -> Acceptance:
    """Agree to a version, for its buyer; of two who do at once, the first counts and the other sees it.

    Raises :class:`QuoteRefused`: ``not_published`` for one that was withdrawn or changed, ``expired``, and ``other``
    where a signature is asked for and there is none.
    """
    name = agreement.name.strip()
    if not name or len(name) > NAME_LONGEST:
        raise QuoteRefused("no_name", f"Give your name, in at most {NAME_LONGEST} letters.")
    with db.transaction():
        row = locked(db, ctx, version.quote_id)
        there = acceptance_of(db, ctx, version.id)
        if there is not None:
            return there
        _refuse(db, ctx, version, row["acceptance_method"], agreement)
        _write(db, ctx, version, row["acceptance_method"], name, agreement)
        db.execute(
            "UPDATE quote SET status = %s, accepted_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [ACCEPTED, ctx.now, ctx.now, ctx.id, version.quote_id],
        )
        data = {"version": version.number, "by": name, "how": row["acceptance_method"]}
        event = journal.NewEvent("quote.accepted", "quote", version.quote_id, None, data)
        changes = {"changes": {"status": [row["status"], ACCEPTED]}}
        journal.write(
            db,
            ctx.id,
            ctx.now,
            [journal.NewEvent("quote.updated", "quote", version.quote_id, None, changes), event],
        )
        bill_accepted(db, ctx, version.quote_id)
        tell_of_acceptance(db, ctx, version, name)
        made = acceptance_of(db, ctx, version.id)
        assert made is not None
    return made


def _refuse(db: Db, ctx: AccountContext, version: Version, method: str | None, agreement: Agreement) -> None:
    because = is_open_for(db, ctx, version.quote_id)
    if because == "expired":
        quote = find_quote(db, ctx, version.quote_id)
        raise QuoteRefused("expired", f"The quote could be accepted until {quote.expiration_date}.")
    if because is not None or version.withdrawn_at is not None:
        raise QuoteRefused("not_published", "The quote was taken back.")
    if not is_as_shown(db, ctx, version.quote_id, version.content):
        raise QuoteRefused("not_published", "What the quote sells was changed after it was published.")
    if method not in (CLICK, SIGNATURE):
        raise QuoteRefused("other", "This quote is not accepted on its page.")
    if method == SIGNATURE and agreement.verified is None:
        raise QuoteRefused("other", "This quote is to be signed.")


def _write(db: Db, ctx: AccountContext, version: Version, kind: str, name: str, agreement: Agreement) -> None:
    verified = agreement.verified
    signer = None if verified is None else verified.signer
    evidence = Evidence(
        name=name,
        email=signer.email if signer else None,
        verified_at=verified.at if verified else None,
        at=ctx.now,
        address=agreement.address,
        agent=agreement.agent[:AGENT_LONGEST],
        agreed_text=agreement.text,
        document_hash=version.document_hash,
        pdf_hash=version.pdf_hash,
        kind=kind,
        signature=agreement.image,
    )
    pdf = signed_pdf(db, ctx, version.content["sheet"], evidence)
    db.execute(
        "INSERT INTO quote_acceptance (account_id, version_id, quote_id, kind, at, signer_name, signer_email, "
        "contact_id, email_verified_at, image, agreed_text, document_hash, pdf_hash, address, agent, pdf) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            ctx.id,
            version.id,
            version.quote_id,
            kind,
            ctx.now,
            name,
            evidence.email,
            signer.contact_id if signer else None,
            evidence.verified_at,
            agreement.image,
            agreement.text,
            version.document_hash,
            version.pdf_hash,
            agreement.address,
            evidence.agent,
            pdf,
        ],
    )

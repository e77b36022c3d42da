"""Making contacts and companies, one or thousands at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load, take_ids
from kalends.events import journal


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be. ``email`` is compared without regard to case; ``import_key`` names it in another system."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_id: int | None = None
    phone: str | None = None
    language: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    job_title: str | None = None
    owner_id: int | None = None
    import_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A company to be."""

    name: str
    domain: str | None = None
    phone: str | None = None
    industry: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    owner_id: int | None = None
    import_key: str | None = None


def create_contacts(
    db: Connection[Any], ctx: AccountContext, fresh: Sequence[NewContact], *, source: str = "CRM_UI"
) -> list[int]:
    """Write contacts; returns their ids in order."""
    ids = take_ids(db, len(fresh))
    rows = [
        (
            id_,
            item.email.strip().lower() if item.email else None,
            item.first_name,
            item.last_name,
            item.company_id,
            item.phone,
            item.language,
            item.address,
            item.city,
            item.state,
            item.zip,
            item.country,
            item.job_title,
            item.owner_id,
            item.import_key,
        )
        for id_, item in zip(ids, fresh, strict=True)
    ]
    names = "ids emails firsts lasts companies phones languages addresses cities states zips countries jobs owners keys"
    params = {"account_id": ctx.id, "now": ctx.now, "source": source, **arrays(names.split(), rows)}
    db.execute(load("kalends.crm", "create_contacts"), params)
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("contact.created", "contact", id_, None, {}) for id_ in ids]
    )
    return ids


def create_companies(
    db: Connection[Any], ctx: AccountContext, fresh: Sequence[NewCompany], *, source: str = "CRM_UI"
) -> list[int]:
    """Write companies; returns their ids in order."""
    ids = take_ids(db, len(fresh))
    rows = [
        (
            id_,
            item.name,
            item.domain,
            item.phone,
            item.industry,
            item.address,
            item.city,
            item.state,
            item.zip,
            item.country,
            item.owner_id,
            item.import_key,
        )
        for id_, item in zip(ids, fresh, strict=True)
    ]
    names = "ids names domains phones industries addresses cities states zips countries owners keys"
    params = {"account_id": ctx.id, "now": ctx.now, "source": source, **arrays(names.split(), rows)}
    db.execute(load("kalends.crm", "create_companies"), params)
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("company.created", "company", id_, None, {}) for id_ in ids]
    )
    return ids

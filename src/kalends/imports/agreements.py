"""Subscriptions from a file: made with their customers and payment methods, or found again.

What a subscription charges is never changed by an import: a changed row changes plain properties, and each money term
that it would change is named and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.create import NewSubscription, create_subscriptions
from kalends.catalog import get_object
from kalends.crm.create import NewContact, create_contacts
from kalends.crm.upsert import Field, Update, update_records
from kalends.imports.compare import Standing, refused_changes, standing_subscriptions
from kalends.imports.lookups import Lookups
from kalends.imports.mapping import ImportMapping
from kalends.imports.outcome import Outcome
from kalends.imports.people import hashed
from kalends.imports.problems import BadCell, Problems
from kalends.imports.reading import FileRow
from kalends.imports.staging import Staged, Staging
from kalends.imports.targets import Target, targets_of
from kalends.imports.terms import Agreement, BadRow, agreements, merged, new_subscription
from kalends.payments.methods import NewPaymentMethod, create_payment_methods

PROCESSOR = "sandbox"
_MADE_WITH_THE_SUBSCRIPTION = frozenset(
    "name net_terms_days online_payment email_invoices comments language billing_address billing_address2 billing_city "
    "billing_state billing_zip billing_country".split()
)
_SHARED_TOKENS = """
    SELECT max(line), data ->> 'payment_method.token' AS token
    FROM pg_temp.import_row
    WHERE good AND data ? 'payment_method.token'
    GROUP BY token
    HAVING count(DISTINCT coalesce(data ->> 'contact.key', data ->> 'contact.email')) > 1
    ORDER BY 1
"""


@dataclass(slots=True)
class _Prepared:
    """An agreement with what is there already. ``fresh`` is None when the subscription is."""

    agreement: Agreement
    fresh: NewSubscription | None
    standing: Standing | None
    owner: str | None = None
    contact: int | None = None
    company: int | None = None
    method: int | None = None


class SubscriptionImport:
    """The import of subscriptions."""

    whole_records = True

    def __init__(self, db: Connection[Any], ctx: AccountContext, mapping: ImportMapping) -> None:
        self._db, self._ctx, self._mapping = db, ctx, mapping
        self._lookups = Lookups(db, ctx, mapping)
        rows = db.execute("SELECT code FROM enabled_currency WHERE account_id = %s", [ctx.id]).fetchall()
        self._currencies = {row[0] for row in rows} | set(mapping.currencies)
        self._plain = _plain_targets(mapping)
        self._fields = [Field(target.column or "", _sql_type(target)) for target in self._plain]
        if mapping.maps("hubspot_owner_id"):
            self._fields.append(Field("owner_id", "bigint"))

    def stage(self, row: FileRow, problems: Problems) -> Staged:
        """Say which subscription a row is about."""
        key, good = row.key, row.good
        if good and self._mapping.key is not None and key is None:
            problems.add(
                row.line, self._mapping.key, "", "The key is empty; each row needs that of its subscription."
            )
            good = False
        if key is None:
            key = hashed(row.values)
        return Staged(row.line, f"k:{key}", key, None, good, row.values)

    def check(self, staging: Staging, problems: Problems) -> None:
        """What only shows when the rows of a subscription and the account are looked at."""
        spoiled: list[int] = []
        if self._mapping.key is None:
            for line, _, first in staging.repeated():
                remedy = (
                    f"Row {first} is the same. If both are meant, give them keys of their own (key = ...)."
                )
                problems.add(line, "", "", remedy)
                spoiled.append(line)
        heading = self._mapping.heading_of("payment_method.token")
        for line, token in staging.rows(_SHARED_TOKENS):
            problems.add(line, heading, token, "Another row has this token for another customer.")
            spoiled.append(line)
        staging.spoil(spoiled)
        with self._db.transaction():
            for block in staging.good_blocks("checking", whole_records=True):
                _, bad = self._prepare(block)
                for row in bad:
                    shown = self._mapping.as_written(row.cell.column, row.cell.value)
                    problems.add(row.line, row.cell.column, shown, row.cell.remedy)
                staging.spoil(row.line for row in bad)

    def write(self, staging: Staging, outcome: Outcome, block: Sequence[Staged]) -> None:  # noqa: ARG002
        """Make or bring up to date the subscriptions of a block. Runs in the caller's transaction."""
        prepared, bad = self._prepare(block)
        assert not bad, "a row was found to be bad only while it was written"
        fresh = [item for item in prepared if item.fresh is not None]
        self._enable_currencies({item.fresh.currency for item in fresh if item.fresh is not None})
        self._make_contacts(fresh, outcome)
        self._make_methods(fresh, outcome)
        self._make_subscriptions(fresh)
        outcome.created += len(fresh)
        self._bring_up_to_date([item for item in prepared if item.standing is not None], outcome)

    def _prepare(self, block: Sequence[Staged]) -> tuple[list[_Prepared], list[BadRow]]:
        """Each subscription of a block with what is there already, and the rows that cannot be used."""
        standing = standing_subscriptions(self._db, self._ctx, {row.key for row in block if row.key})
        self._lookups.find_companies([row.data for row in block])
        prepared: list[_Prepared] = []
        bad: list[BadRow] = []
        for rows in agreements(block):
            try:
                prepared.append(self._prepare_one(merged(rows, self._mapping), standing))
            except BadRow as problem:
                bad.append(problem)
            except BadCell as cell:
                bad.append(BadRow(rows[0].line, cell))
        fresh = [item for item in prepared if item.fresh is not None]
        bad += self._find_contacts(fresh)
        bad += self._find_methods(fresh)
        return prepared, bad

    def _prepare_one(self, agreement: Agreement, standing: dict[str, Standing]) -> _Prepared:
        owner = self._lookups.owner(agreement.data)
        there = standing.get(agreement.key)
        if there is not None:
            return _Prepared(agreement, None, there, owner)
        currency = agreement.data.get("hs_currency_code", self._ctx.currency)
        if currency not in self._currencies:
            remedy = f'The account does not bill in it yet; currencies = ["{currency}"] in the mapping switches it on.'
            raise BadCell(self._mapping.heading_of("hs_currency_code"), currency, remedy)
        fresh = new_subscription(agreement, self._ctx, self._mapping)
        return _Prepared(agreement, fresh, None, owner, company=self._lookups.company(agreement.data))

    def _find_contacts(self, fresh: Sequence[_Prepared]) -> list[BadRow]:
        keys = [item.agreement.data["contact.key"] for item in fresh if "contact.key" in item.agreement.data]
        emails = [
            item.agreement.data["contact.email"] for item in fresh if "contact.email" in item.agreement.data
        ]
        by_key, by_email = self._lookups.contacts("import_key", keys), self._lookups.contacts("email", emails)
        bad: list[BadRow] = []
        for item in fresh:
            data = item.agreement.data
            key, email = data.get("contact.key"), data.get("contact.email")
            item.contact = by_key.get(key or "") or by_email.get(email or "")
            if item.contact is None and not (self._mapping.create_contacts and (key or email)):
                heading = self._mapping.heading_of("contact.key" if key else "contact.email", "contact.email")
                bad.append(
                    BadRow(
                        item.agreement.line,
                        BadCell(heading, key or email or "", _missing_contact(key or email)),
                    )
                )
        return bad

    def _find_methods(self, fresh: Sequence[_Prepared]) -> list[BadRow]:
        tokens = sorted(
            {token for item in fresh if (token := item.agreement.data.get("payment_method.token"))}
        )
        rows = self._db.execute(
            "SELECT token, id, contact_id FROM payment_method "
            "WHERE account_id = %s AND processor = %s AND token = ANY(%s)",
            [self._ctx.id, PROCESSOR, tokens],
        ).fetchall()
        known = {token: (id_, contact) for token, id_, contact in rows}
        bad: list[BadRow] = []
        for item in fresh:
            token = item.agreement.data.get("payment_method.token", "")
            item.method, contact = known.get(token, (None, None))
            if item.method is not None and contact != item.contact:
                heading = self._mapping.heading_of("payment_method.token")
                bad.append(
                    BadRow(
                        item.agreement.line,
                        BadCell(heading, token, "This token belongs to another customer."),
                    )
                )
        return bad

    def _make_contacts(self, fresh: Sequence[_Prepared], outcome: Outcome) -> None:
        """Make the contacts that are missing, each once however many subscriptions it has."""
        missing: dict[str, NewContact] = {}
        for item in fresh:
            if item.contact is None:
                data = item.agreement.data
                missing.setdefault(
                    _identity(data),
                    NewContact(
                        email=data.get("contact.email"),
                        first_name=data.get("contact.firstname"),
                        last_name=data.get("contact.lastname"),
                        company_id=item.company,
                        import_key=data.get("contact.key"),
                    ),
                )
        made = dict(
            zip(
                missing,
                create_contacts(self._db, self._ctx, list(missing.values()), source="IMPORT"),
                strict=True,
            )
        )
        for item in fresh:
            if item.contact is None:
                item.contact = made[_identity(item.agreement.data)]
        outcome.contacts_created += len(made)

    def _make_methods(self, fresh: Sequence[_Prepared], outcome: Outcome) -> None:
        missing: dict[str, NewPaymentMethod] = {}
        for item in fresh:
            data = item.agreement.data
            token = data.get("payment_method.token")
            if token is not None and item.method is None:
                assert item.contact is not None
                expires = data.get("payment_method.expires")
                missing[token] = NewPaymentMethod(
                    contact_id=item.contact,
                    kind=data.get("payment_method.kind") or token.split("_")[1],
                    token=token,
                    last4=data["payment_method.last4"],
                    brand=data.get("payment_method.brand"),
                    expires_on=None if expires is None else date.fromisoformat(expires),
                    processor=PROCESSOR,
                )
        made = dict(
            zip(missing, create_payment_methods(self._db, self._ctx, list(missing.values())), strict=True)
        )
        for item in fresh:
            if item.method is None:
                item.method = made.get(item.agreement.data.get("payment_method.token", ""))
        outcome.payment_methods_created += len(made)

    def _make_subscriptions(self, fresh: Sequence[_Prepared]) -> None:
        if not fresh:
            return
        complete = [
            replace(
                item.fresh,
                contact_id=item.contact,
                company_id=item.company,
                payment_method_id=item.method,
                owner_id=None if item.owner is None else int(item.owner),
            )
            for item in fresh
            if item.fresh is not None
        ]
        ids = create_subscriptions(
            self._db, self._ctx, complete, source="IMPORT", payment_source="migration", actor="import"
        )
        rest = [
            field for field in self._fields if field.column not in _MADE_WITH_THE_SUBSCRIPTION | {"owner_id"}
        ]
        places = [self._fields.index(field) for field in rest]
        wanted = [
            Update(id_, [self._values(item)[place] for place in places])
            for id_, item in zip(ids, fresh, strict=True)
        ]
        update_records(self._db, self._ctx, "subscription", rest, wanted, actor="import")

    def _bring_up_to_date(self, there: Sequence[_Prepared], outcome: Outcome) -> None:
        wanted: list[Update] = []
        for item in there:
            assert item.standing is not None
            wanted.append(Update(item.standing.id, self._values(item)))
            for change in refused_changes(item.agreement, item.standing, self._mapping):
                outcome.refuse(change)
        changed = update_records(self._db, self._ctx, "subscription", self._fields, wanted, actor="import")
        outcome.updated += len(changed)
        outcome.unchanged += len(wanted) - len(changed)

    def _values(self, item: _Prepared) -> list[str | None]:
        values = [item.agreement.data.get(target.name) for target in self._plain]
        return [*values, item.owner] if self._mapping.maps("hubspot_owner_id") else values

    def _enable_currencies(self, used: set[str]) -> None:
        for code in sorted(used.intersection(self._mapping.currencies)):
            self._db.execute(
                "INSERT INTO enabled_currency (account_id, code) VALUES (%s, %s) "
                "ON CONFLICT ON CONSTRAINT enabled_currency_once DO NOTHING",
                [self._ctx.id, code],
            )


def _identity(data: dict[str, str]) -> str:
    return f"k:{data['contact.key']}" if "contact.key" in data else f"a:{data['contact.email']}"


def _missing_contact(named: str | None) -> str:
    if named is None:
        return "The row names no customer; give an email address or a key."
    return (
        "There is no such contact. Import the contacts first, or set create_contacts = true in the mapping."
    )


def _plain_targets(mapping: ImportMapping) -> list[Target]:
    """The mapped properties that may be changed at any time and charge nobody."""
    editable = {
        prop.name
        for prop in get_object("subscription").properties
        if "user" in prop.writable_by and prop.column
    } | {"hs_payments_source_id"}
    targets = targets_of("subscription").values()
    return [target for target in targets if target.name in editable and mapping.maps(target.name)]


def _sql_type(target: Target) -> str:
    return "smallint" if target.column == "net_terms_days" else target.sql_type

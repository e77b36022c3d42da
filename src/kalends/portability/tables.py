"""Which tables an archive carries and in which order they are read, and which stay behind, and why.

The columns are those of the models, so that a new one is carried at once. A new table is in neither list, and a test
says so: whoever adds it decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, LiteralString, NamedTuple, cast

from django.apps import apps
from django.db import models

CARRIED = (
    "enabled_currency exchange_rate account_logo team role membership security_event "
    "pipeline pipeline_stage property_group property_definition association_label "
    "company contact deal ticket product quote purchase_order discount fee tax association "
    "payment_method kept_buyer tax_rate revenue_movement subscription line_item invoice invoice_series billing_run "
    "parked_subscription credit_note credit_note_line customer_credit credit_application "
    "payment charge_attempt refund dispute processor_event method_request reconciliation "
    "sandbox_charge sandbox_refund sandbox_report sandbox_setup stripe_call stripe_event "
    "ledger_transfer event request message mail_refusal letter_wording "
    "payment_link discount_code checkout checkout_charge quote_version quote_acceptance quote_conversion "
    "saved_view open_tabs saved_report dashboard dashboard_mail segment segment_member segment_progress mailing "
    "workflow workflow_version workflow_cursor workflow_timer workflow_match workflow_rotation enrollment workflow_log "
    "workflow_call task imported_key"
).split()
"""Tables in the order in which they are read.

What others point to comes first. Movements of revenue come before subscriptions, so that the trigger which writes the
first movement of a new subscription finds it there. Properties come before records, so that another trigger keeps
their unique values.
"""


class Left(NamedTuple):
    """Why a table stays behind, and what is to be done in the new installation; empty: nothing."""

    why: str
    again: str = ""


LEFT_BEHIND: Mapping[str, Left] = MappingProxyType(
    {
        "access_token": Left(
            "holds digests of secrets, which let programs in", "Make a token for each program."
        ),
        "integration_app": Left("holds sealed secrets", "Register each app again; its users consent anew."),
        "oauth_grant": Left("holds digests of secrets", "Comes anew when users consent to an app."),
        "oauth_code": Left("holds digests of secrets that live for minutes"),
        "quote_signing": Left("holds digests of codes that live for minutes"),
        "stripe_connection": Left(
            "holds the sealed keys of the processor",
            "Connect Stripe in the settings, to the same merchant: stored payment methods are known there only.",
        ),
        "stripe_erasure": Left("is what the processor is still to be asked, with keys that are left behind"),
        "workflow_secret": Left(
            "holds the sealed key that signs webhooks of workflows",
            "Give the receivers the new key, which the page of workflows shows.",
        ),
        "webhook_target": Left(
            "belongs to an app, which is registered again", "Set the address of each app's webhooks."
        ),
        "webhook_subscription": Left(
            "belongs to an app, which is registered again", "Subscribe each app to its events."
        ),
        "webhook_batch": Left("is under way to an app of the old installation"),
        "webhook_delivery": Left("is under way to an app of the old installation"),
        "answer": Left("is kept for a day under the keys of programs whose tokens stay behind"),
        "background_work": Left("tells of work that runs in the old installation"),
        "request_count": Left("counts requests of the last minutes"),
        "restoration": Left("tells that the old installation's database was restored"),
        "unbooked_charge": Left(
            "is what the old installation's books do not know since its database was restored",
            "Settle each before the account is handed over.",
        ),
        "billing_hold": Left(
            "is made anew: the imported account's billing is held until somebody releases it"
        ),
        "data_export": Left("tells of files in the old installation's folder, which expire"),
        "data_import": Left("tells of files in the old installation's folder"),
        "import_row": Left(
            "belongs to an import; what was imported is carried as the records that it became"
        ),
        "unique_value": Left("is worked out again from the records"),
        "proof_made": Left("tells of proofs of the old installation's books", "Prove the new ones."),
    }
)
"""Tables of an account that no archive has."""

PEOPLE = "app_user"


def statement(text: str) -> LiteralString:
    """A statement whose names are those of models; values are never written into it."""
    return cast("LiteralString", text)


PERSON_COLUMNS = ("id", "email", "name", "language")
"""What an archive tells of a user: never a password or another way in."""

FILES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("account_logo", "content"): "png",
        ("quote_version", "pdf"): "pdf",
        ("quote_acceptance", "image"): "png",
        ("quote_acceptance", "pdf"): "pdf",
    }
)
"""Columns whose values lie in files of their own, and what those are called at the end."""


def file_name(table: str, column: str, id_: object) -> str:
    """The file in which the value of a row lies.

    >>> file_name("account_logo", "content", 7)
    'files/account_logo/content/7.png'
    """
    return f"files/{table}/{column}/{id_}.{FILES[table, column]}"


class Column(NamedTuple):
    """A column of a table, and the form of its values in the archive."""

    name: str
    form: str
    nullable: bool


class Table(NamedTuple):
    """A table of the archive; ``key`` are the columns by which its rows are ordered."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """Its columns whose values lie in files."""
        return [each.name for each in self.columns if (self.name, each.name) in FILES]


def models_with_account() -> dict[str, type[models.Model]]:
    """Every model whose rows belong to an account, by table."""
    return {
        _meta(model).db_table: model
        for model in apps.get_models()
        if any(field.column == "account_id" for field in _meta(model).local_concrete_fields)
    }


def _meta(model: type[models.Model]) -> Any:
    return model._meta  # noqa: SLF001 - what Django documents as its Model _meta API


def tables() -> list[Table]:
    """The tables of an account that an archive carries, in the order in which they are read."""
    known = models_with_account()
    return [_table(known[name], without=("account_id",)) for name in CARRIED]


def account_table() -> Table:
    """The account's own row."""
    from kalends.accounts.models import Account

    return _table(Account)


def people_table() -> Table:
    """The users whom the account's rows name."""
    from kalends.accounts.models import User

    table = _table(User)
    return table._replace(columns=tuple(each for each in table.columns if each.name in PERSON_COLUMNS))


def _table(model: type[models.Model], without: tuple[str, ...] = ()) -> Table:
    meta = _meta(model)
    fields: list[Any] = [field for field in meta.local_concrete_fields if field.column not in without]
    key = [field.column for field in meta.pk_fields if field.column not in without]
    columns = tuple(Column(field.column, _form(field), field.null) for field in fields)
    about = (model.__doc__ or "").strip().partition("\n")[0].replace("``", "`")
    return Table(meta.db_table, about, columns, tuple(key) or without)


_FORMS = {
    "BigAutoField": "number",
    "BigIntegerField": "number",
    "IntegerField": "number",
    "SmallIntegerField": "number",
    "TextField": "text",
    "CharField": "text",
    "UUIDField": "text",
    "BooleanField": "true or false",
    "DecimalField": "decimal",
    "DateField": "day",
    "DateTimeField": "moment",
    "TimeField": "time of day",
    "JSONField": "JSON",
    "BinaryField": "file",
}


def _form(field: Any) -> str:
    kind = field.get_internal_type()
    return f"list of {_form(field.base_field)}" if kind == "ArrayField" else _FORMS[kind]

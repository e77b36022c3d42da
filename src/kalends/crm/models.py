"""People, companies, and what ties records to one another."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from kalends.accounts.tables import Record, archived_index, filled_index, living_index
from kalends.crm.sales_models import Deal, Discount, Fee, Order, Product, Quote, Tax, Ticket
from kalends.crm.schema_models import (
    AssociationLabel,
    Pipeline,
    PipelineStage,
    PropertyDefinition,
    PropertyGroup,
    UniqueValue,
)

__all__ = [
    "Association",
    "AssociationLabel",
    "Company",
    "Contact",
    "Deal",
    "Discount",
    "Fee",
    "Order",
    "Pipeline",
    "PipelineStage",
    "Product",
    "PropertyDefinition",
    "PropertyGroup",
    "Quote",
    "Tax",
    "Ticket",
    "UniqueValue",
]


class Contact(Record):
    """A person: the one who buys, pays and gets the letters."""

    email = models.TextField(null=True)
    additional_emails = models.TextField(null=True)
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    phone = models.TextField(null=True)
    mobile_phone = models.TextField(null=True)
    company_name = models.TextField(null=True)
    job_title = models.TextField(null=True)
    address = models.TextField(null=True)
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    zip = models.TextField(null=True)
    country = models.TextField(null=True)
    language = models.TextField(null=True)
    time_zone = models.TextField(null=True)
    lifecycle_stage = models.TextField(null=True)
    lead_status = models.TextField(null=True)
    primary_company_id = models.BigIntegerField(null=True)
    email_opt_out = models.BooleanField(null=True)
    import_key = models.TextField(null=True)

    class Meta:
        db_table = "contact"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "email"], name="contact_email", condition=Q(archived_at=None)
            ),
            models.UniqueConstraint(
                fields=["account_id", "import_key"],
                name="contact_import_key",
                condition=Q(import_key__isnull=False),
            ),
            models.CheckConstraint(name="contact_email_is_lower_case", condition=Q(email=Lower("email"))),
        ]
        indexes: ClassVar = [
            filled_index("contact", "company", "primary_company_id"),
            models.Index(
                fields=["account_id", "id"],
                name="contact_with_more_addresses",
                condition=Q(additional_emails__isnull=False),
            ),
            archived_index("contact"),
            living_index("contact", "created", "created_at"),
            living_index("contact", "modified", "updated_at"),
        ]


class Company(Record):
    """An organization that contacts work for."""

    name = models.TextField(null=True)
    domain = models.TextField(null=True)
    additional_domains = models.TextField(null=True)
    phone = models.TextField(null=True)
    website = models.TextField(null=True)
    industry = models.TextField(null=True)
    employees = models.DecimalField(max_digits=18, decimal_places=0, null=True)
    annual_revenue = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    address = models.TextField(null=True)
    address2 = models.TextField(null=True)
    city = models.TextField(null=True)
    state = models.TextField(null=True)
    zip = models.TextField(null=True)
    country = models.TextField(null=True)
    time_zone = models.TextField(null=True)
    lifecycle_stage = models.TextField(null=True)
    lead_status = models.TextField(null=True)
    parent_company_id = models.BigIntegerField(null=True)
    import_key = models.TextField(null=True)

    class Meta:
        db_table = "company"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "import_key"],
                name="company_import_key",
                condition=Q(import_key__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "domain"], name="company_domain"),
            archived_index("company"),
            living_index("company", "created", "created_at"),
            living_index("company", "modified", "updated_at"),
        ]


class Association(models.Model):
    """A tie between two records that no column of theirs already tells, written once in each direction.

    What a column tells (an invoice's subscription, a payment's invoice, a subscription's contact) is not written
    here a second time: the catalogue declares both kinds alike, and readers need not know which one they use.
    """

    pk = models.CompositePrimaryKey("account_id", "from_type", "from_id", "to_type", "to_id", "type_id")
    account_id = models.BigIntegerField()
    from_type = models.TextField()
    from_id = models.BigIntegerField()
    to_type = models.TextField()
    to_id = models.BigIntegerField()
    type_id = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "association"

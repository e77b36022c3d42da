"""Indexes for the order in which lists open: payments and invoices, newest first, of an account with millions.

They stand here because no room below reads in these orders. Both grow at their end only, so keeping them is cheap.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("views", "0001_initial"),
        ("billing", "0001_initial"),
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            """
            CREATE INDEX payment_by_date ON payment (account_id, initiated_at, id) WHERE archived_at IS NULL;
            CREATE INDEX invoice_by_date ON invoice (account_id, invoice_date, id) WHERE archived_at IS NULL;
            """,
            "DROP INDEX payment_by_date; DROP INDEX invoice_by_date;",
        ),
    ]

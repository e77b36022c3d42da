"""Indexes for lists of one status and for the counts on their tabs, in an account with millions of records."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("views", "0002_indexes_of_lists")]

    operations = [
        migrations.RunSQL(
            """
            CREATE INDEX payment_by_status ON payment (account_id, status, initiated_at, id)
                WHERE archived_at IS NULL;
            CREATE INDEX invoice_by_status ON invoice (account_id, status, due_date, id) WHERE archived_at IS NULL;
            """,
            "DROP INDEX payment_by_status; DROP INDEX invoice_by_status;",
        ),
    ]

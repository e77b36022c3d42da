"""Payments of some statuses and dates, sorted by amount: the index holds the amounts, so that only a page is read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("views", "0003_lists_by_status")]

    operations = [
        migrations.RunSQL(
            """
            DROP INDEX payment_by_status;
            CREATE INDEX payment_by_status ON payment (account_id, status, initiated_at, id)
                INCLUDE (amount_minor, currency) WHERE archived_at IS NULL;
            """,
            """
            DROP INDEX payment_by_status;
            CREATE INDEX payment_by_status ON payment (account_id, status, initiated_at, id)
                WHERE archived_at IS NULL;
            """,
        ),
    ]

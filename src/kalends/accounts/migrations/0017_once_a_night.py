"""A night has one proof: the key of its effect, made beside the traffic."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0016_nights")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS proof_made_once_a_night_new", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            "CREATE UNIQUE INDEX CONCURRENTLY proof_made_once_a_night_new ON proof_made (account_id, night)",
            migrations.RunSQL.noop,
        ),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE proof_made DROP CONSTRAINT IF EXISTS proof_made_once_a_night, "
                    "ADD CONSTRAINT proof_made_once_a_night UNIQUE USING INDEX proof_made_once_a_night_new",
                    "ALTER TABLE proof_made DROP CONSTRAINT proof_made_once_a_night",
                )
            ],
            [
                migrations.AddConstraint(
                    "proofmade",
                    models.UniqueConstraint(fields=["account_id", "night"], name="proof_made_once_a_night"),
                )
            ],
        ),
    ]

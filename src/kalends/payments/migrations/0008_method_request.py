import django.contrib.postgres.functions
import kalends.accounts.tables
from django.db import migrations, models

from kalends.accounts import walls


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_stripe"),
    ]

    operations = [
        migrations.CreateModel(
            name="MethodRequest",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("id", models.BigIntegerField(db_default=kalends.accounts.tables.NextRecordId())),
                ("key", models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID())),
                ("purpose", models.TextField()),
                ("record_id", models.BigIntegerField()),
                ("contact_id", models.BigIntegerField(null=True)),
                ("amount_minor", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("keep", models.BooleanField(db_default=False, default=False)),
                ("processor", models.TextField()),
                ("setup_reference", models.TextField(null=True)),
                ("payment_method_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "method_request",
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "key"), name="method_request_key_once")
                ],
            },
        ),
        migrations.RunSQL(walls.wall_around("method_request"), migrations.RunSQL.noop),
    ]

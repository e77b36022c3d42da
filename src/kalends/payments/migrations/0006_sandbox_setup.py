import django.contrib.postgres.fields
from django.db import migrations, models

from kalends.accounts import walls


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_one_charge_for_several"),
    ]

    operations = [
        migrations.CreateModel(
            name="SandboxSetup",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "idempotency_key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("idempotency_key", models.TextField()),
                ("reference", models.TextField()),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("currency", models.CharField(max_length=3)),
                ("return_url", models.TextField()),
                ("cancel_url", models.TextField()),
                ("language", models.TextField()),
                ("metadata", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("given_at", models.DateTimeField(null=True)),
                ("token", models.TextField(null=True)),
                ("method_kind", models.TextField(null=True)),
                ("last4", models.TextField(null=True)),
                ("brand", models.TextField(null=True)),
                ("bank", models.TextField(null=True)),
                ("expires_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "sandbox_setup",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account_id", "reference"), name="sandbox_setup_reference_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(walls.wall_around("sandbox_setup"), migrations.RunSQL.noop),
    ]

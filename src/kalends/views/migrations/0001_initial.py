import django.contrib.postgres.fields
from django.db import migrations, models

import kalends.accounts.tables
from kalends.accounts import walls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenTabs",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("id", models.BigIntegerField(db_default=kalends.accounts.tables.NextRecordId())),
                ("object", models.TextField()),
                ("user_id", models.BigIntegerField()),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
            ],
            options={
                "db_table": "open_tabs",
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "object", "user_id"), name="open_tabs_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedViewRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("id", models.BigIntegerField(db_default=kalends.accounts.tables.NextRecordId())),
                ("object", models.TextField()),
                ("name", models.TextField()),
                ("owner_id", models.BigIntegerField()),
                ("sharing", models.TextField()),
                ("content", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "saved_view",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account_id", "object", "owner_id", "name"), name="saved_view_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sharing__in", ["private", "team", "everyone"])),
                        name="saved_view_sharing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "\n".join(walls.wall_around(table) for table in ("saved_view", "open_tabs")),
            migrations.RunSQL.noop,
        ),
    ]

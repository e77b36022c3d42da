from django.db import migrations, models

from kalends.accounts import walls


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("accounts", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "kind",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("key", models.TextField()),
                ("asked", models.JSONField()),
                ("requested_at", models.DateTimeField()),
                ("actor", models.TextField(default="system")),
                ("result", models.JSONField(null=True)),
            ],
            options={
                "db_table": "request",
            },
        ),
        migrations.RunSQL(walls.wall_around("request"), migrations.RunSQL.noop),
    ]

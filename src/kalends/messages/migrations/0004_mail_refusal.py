from django.db import migrations, models

from kalends.accounts import walls


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0003_letter_wording"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailRefusal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "digest", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("digest", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "mail_refusal",
            },
        ),
        migrations.RunSQL(walls.wall_around("mail_refusal"), migrations.RunSQL.noop),
    ]

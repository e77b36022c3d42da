"""Proofs that the worker makes by itself: for which night, and by what their differences are known again."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_own_account")]

    operations = [
        migrations.AddField("proofmade", "night", models.DateField(null=True)),
        migrations.AddField(
            "proofmade", "marks", models.JSONField(default=list, db_default=Value([], models.JSONField()))
        ),
    ]

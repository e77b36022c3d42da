from django.db import migrations, models

from kalends.platform.migration_parts import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("letters", "0004_mail_refusal"),
    ]

    operations = [
        AddIndexBeside(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["account_id", "id"], name="message_failed"
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0005_webhooks")]

    operations = [
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["account_id", "requested_at"], name="request_by_age"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_export_alert"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="known_as",
            field=models.BigIntegerField(null=True),
        ),
    ]

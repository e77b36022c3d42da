# Counts of requests over rolling windows: what was counted in fixed ones is forgotten.

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_tokens"),
    ]

    operations = [
        migrations.RunSQL("TRUNCATE request_count", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="requestcount", name="used"),
        migrations.RemoveField(model_name="requestcount", name="window_number"),
        migrations.AddField(
            model_name="requestcount",
            name="counts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="requestcount",
            name="steps",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
            preserve_default=False,
        ),
    ]

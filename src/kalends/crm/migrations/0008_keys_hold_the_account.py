"""Public keys are unique in their account: no other machine has to be asked where accounts live on several."""

from django.db import migrations

from kalends.platform.migration_parts import other_key


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0007_more_addresses")]

    operations = [
        *other_key("quote", "quote", "quote_public_key_once", ["account_id", "public_key"], ["public_key"]),
    ]

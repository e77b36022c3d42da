"""Public keys are unique in their account: no other machine has to be asked where accounts live on several."""

from django.db import migrations

from kalends.platform.migration_parts import other_key


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sales", "0002_quotes")]

    operations = [
        *other_key(
            "paymentlink",
            "payment_link",
            "payment_link_public_key_once",
            ["account_id", "public_key"],
            ["public_key"],
        ),
        *other_key(
            "checkout", "checkout", "checkout_public_key_once", ["account_id", "public_key"], ["public_key"]
        ),
        *other_key(
            "quoteversion",
            "quote_version",
            "quote_version_public_key_once",
            ["account_id", "public_key"],
            ["public_key"],
        ),
        *other_key(
            "quotesigning",
            "quote_signing",
            "quote_signing_public_key_once",
            ["account_id", "public_key"],
            ["public_key"],
        ),
    ]

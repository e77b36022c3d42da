from django.db import migrations

from kalends.accounts import walls

WALLED = (
    "team membership enabled_currency exchange_rate contact company association subscription line_item invoice "
    "invoice_series billing_run parked_subscription payment_method payment charge_attempt refund dispute processor_event "
    "sandbox_charge sandbox_report sandbox_refund ledger_transfer event message"
).split()

OPEN = "account app_user django_session".split()

TIES = (
    ("subscription", "contact_id", "contact"),
    ("subscription", "company_id", "company"),
    ("subscription", "payment_method_id", "payment_method"),
    ("payment_method", "contact_id", "contact"),
    ("contact", "primary_company_id", "company"),
    ("membership", "team_id", "team"),
)

SHARED_TABLES = "".join(
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {walls.APP_ROLE};" for table in OPEN
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("crm", "0001_initial"),
        ("billing", "0001_initial"),
        ("payments", "0001_initial"),
        ("ledger", "0001_initial"),
        ("events", "0001_initial"),
        ("letters", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(walls.CREATE_ROLE, migrations.RunSQL.noop),
        migrations.RunSQL(walls.REFUSE_CHANGE, "DROP FUNCTION refuse_change"),
        migrations.RunSQL("\n".join(walls.wall_around(table) for table in WALLED), migrations.RunSQL.noop),
        migrations.RunSQL(SHARED_TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(walls.append_only("ledger_transfer"), migrations.RunSQL.noop),
        migrations.RunSQL(walls.append_only("event"), migrations.RunSQL.noop),
        migrations.RunSQL("\n".join(walls.same_account(*tie) for tie in TIES), migrations.RunSQL.noop),
    ]

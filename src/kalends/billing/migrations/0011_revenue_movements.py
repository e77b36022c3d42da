"""The journal of revenue, the triggers that write it, and what the journal of events tells of the time before."""

from django.db import migrations, models

from kalends.accounts import walls

RULE = """
CREATE FUNCTION counted_mrr(status text, mrr bigint, unpaid_counts boolean) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN status IN ('active', 'past_due') OR (unpaid_counts AND status = 'unpaid') THEN mrr ELSE 0 END
$$;

CREATE FUNCTION revenue_reason(had bigint, has bigint, counted_before boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN had = has THEN NULL
        WHEN had = 0 THEN CASE WHEN counted_before THEN 'reactivation' ELSE 'new' END
        WHEN has = 0 THEN 'churn'
        WHEN has > had THEN 'upgrade'
        ELSE 'downgrade'
    END
$$;
"""
"""What counts and why it moved, as in ``kalends.core.revenue``."""

TRIGGERS = """
CREATE FUNCTION revenue_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Where an account is restored, its movements come before its subscriptions, and the first is there already.
    INSERT INTO revenue_movement (
        account_id, subscription_id, number, at, on_date, customer_id, currency, status_before, status_after,
        mrr_before_minor, mrr_after_minor, reason, amount_minor, reason_with_unpaid, amount_with_unpaid_minor
    )
    SELECT
        made.account_id, made.id, 1, made.updated_at, (made.updated_at AT TIME ZONE owning.time_zone)::date,
        coalesce(made.company_id, made.contact_id), made.currency, NULL, made.status, 0, made.mrr_minor,
        CASE WHEN made.status <> 'unpaid' THEN 'new' END, counted_mrr(made.status, made.mrr_minor, false),
        'new', made.mrr_minor
    FROM made
    JOIN account AS owning ON owning.id = made.account_id
    WHERE made.status IN ('active', 'past_due', 'unpaid') AND made.mrr_minor <> 0
    ON CONFLICT (account_id, subscription_id, number) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER revenue_begins AFTER INSERT ON subscription
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION revenue_begins();

-- All of a statement at once: a block of thousands costs one join of what was and what is. The planner is told not to
-- look for a plan that suits one row, as it keeps the plan of the first statement of a session for all later ones.
CREATE FUNCTION revenue_moves() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO revenue_movement (
        account_id, subscription_id, number, at, on_date, customer_id, currency, status_before, status_after,
        mrr_before_minor, mrr_after_minor, reason, amount_minor, reason_with_unpaid, amount_with_unpaid_minor
    )
    SELECT
        step.account_id, step.id, earlier.count + row_number() OVER (PARTITION BY step.id ORDER BY step.place),
        step.at, (step.at AT TIME ZONE owning.time_zone)::date, step.customer, step.currency, step.status_before,
        step.status_after, step.mrr_before, step.mrr_after,
        revenue_reason(step.had, step.has, earlier.counted), step.has - step.had,
        revenue_reason(step.had_with_unpaid, step.has_with_unpaid, earlier.counted_with_unpaid),
        step.has_with_unpaid - step.had_with_unpaid
    FROM (
        SELECT
            became.account_id, became.id, became.updated_at AS at,
            coalesce(became.company_id, became.contact_id) AS customer, s.*,
            counted_mrr(s.status_before, s.mrr_before, false) AS had,
            counted_mrr(s.status_after, s.mrr_after, false) AS has,
            counted_mrr(s.status_before, s.mrr_before, true) AS had_with_unpaid,
            counted_mrr(s.status_after, s.mrr_after, true) AS has_with_unpaid
        FROM was
        JOIN became ON became.account_id = was.account_id AND became.id = was.id
        -- Whatever goes over to another currency is lost in the old one and comes back in the new one.
        CROSS JOIN LATERAL (
            VALUES
                (
                    1, was.currency, was.status, was.mrr_minor, became.status,
                    CASE WHEN became.currency = was.currency THEN became.mrr_minor ELSE 0 END
                ),
                (2, nullif(became.currency, was.currency), NULL, 0, became.status, became.mrr_minor)
        ) AS s (place, currency, status_before, mrr_before, status_after, mrr_after)
        WHERE (was.status, was.mrr_minor, was.currency)
            IS DISTINCT FROM (became.status, became.mrr_minor, became.currency)
            AND s.currency IS NOT NULL
    ) AS step
    JOIN account AS owning ON owning.id = step.account_id
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS count,
            coalesce(bool_or(m.reason IS NOT NULL), false) AS counted,
            coalesce(bool_or(m.reason_with_unpaid IS NOT NULL), false) AS counted_with_unpaid
        FROM revenue_movement AS m
        WHERE m.account_id = step.account_id AND m.subscription_id = step.id
    ) AS earlier
    WHERE step.had <> step.has OR step.had_with_unpaid <> step.has_with_unpaid;
    RETURN NULL;
END $$;

CREATE TRIGGER revenue_moves AFTER UPDATE ON subscription
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION revenue_moves();
"""

UNDO = """
DROP TRIGGER revenue_moves ON subscription;
DROP TRIGGER revenue_begins ON subscription;
DROP FUNCTION revenue_moves();
DROP FUNCTION revenue_begins();
DROP FUNCTION revenue_reason(bigint, bigint, boolean);
DROP FUNCTION counted_mrr(text, bigint, boolean);
"""

TELL_AGAIN = """
CREATE FUNCTION move_revenue(
    account bigint, subscription bigint, customer bigint, at timestamptz, currency text,
    status_before text, mrr_before bigint, status_after text, mrr_after bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    had bigint := counted_mrr(status_before, mrr_before, false);
    has bigint := counted_mrr(status_after, mrr_after, false);
    had_with_unpaid bigint := counted_mrr(status_before, mrr_before, true);
    has_with_unpaid bigint := counted_mrr(status_after, mrr_after, true);
BEGIN
    IF had = has AND had_with_unpaid = has_with_unpaid THEN
        RETURN;
    END IF;
    INSERT INTO revenue_movement (
        account_id, subscription_id, number, at, on_date, customer_id, currency, status_before, status_after,
        mrr_before_minor, mrr_after_minor, reason, amount_minor, reason_with_unpaid, amount_with_unpaid_minor
    )
    SELECT
        account, subscription, earlier.count + 1, move_revenue.at,
        (move_revenue.at AT TIME ZONE owning.time_zone)::date, customer, move_revenue.currency,
        move_revenue.status_before, move_revenue.status_after, mrr_before, mrr_after,
        revenue_reason(had, has, earlier.counted), has - had,
        revenue_reason(had_with_unpaid, has_with_unpaid, earlier.counted_with_unpaid), has_with_unpaid - had_with_unpaid
    FROM account AS owning
    CROSS JOIN (
        SELECT
            count(*) AS count,
            coalesce(bool_or(m.reason IS NOT NULL), false) AS counted,
            coalesce(bool_or(m.reason_with_unpaid IS NOT NULL), false) AS counted_with_unpaid
        FROM revenue_movement AS m
        WHERE m.account_id = account AND m.subscription_id = subscription
    ) AS earlier
    WHERE owning.id = account;
END $$;

CREATE FUNCTION tell_revenue_again(account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made record;
    told record;
    was_status text;
    was_mrr bigint;
BEGIN
    PERFORM set_config('kalends.account_id', account::text, true);
    FOR made IN
        SELECT
            s.id, s.created_at, s.updated_at, s.status, s.mrr_minor, s.currency,
            coalesce(s.company_id, s.contact_id) AS customer
        FROM subscription AS s
        WHERE s.account_id = account
        UNION ALL
        SELECT
            e.object_id, (e.data #>> '{was,created_at}')::timestamptz, e.at, 'deleted',
            (e.data #>> '{was,mrr_minor}')::bigint, e.data #>> '{was,currency}',
            coalesce((e.data #>> '{was,company_id}')::bigint, (e.data #>> '{was,contact_id}')::bigint)
        FROM event AS e
        WHERE e.account_id = account AND e.kind = 'subscription.deleted' AND e.data ? 'was'
        ORDER BY 1
    LOOP
        -- How it began: what the first change says that stood there before, or else what stands there today.
        was_status := NULL;
        was_mrr := NULL;
        FOR told IN
            SELECT
                c.at, c.said #>> '{status,0}' AS had_status, c.said #>> '{status,1}' AS status,
                (c.said #>> '{mrr_minor,0}')::bigint AS had_mrr, (c.said #>> '{mrr_minor,1}')::bigint AS mrr,
                row_number() OVER (ORDER BY c.id) AS place,
                first_value(c.said #>> '{status,0}') OVER (
                    ORDER BY CASE WHEN c.said ? 'status' THEN c.id END NULLS LAST
                ) AS first_status,
                first_value((c.said #>> '{mrr_minor,0}')::bigint) OVER (
                    ORDER BY CASE WHEN c.said ? 'mrr_minor' THEN c.id END NULLS LAST
                ) AS first_mrr
            FROM (
                SELECT
                    e.id, e.at,
                    e.data -> CASE WHEN e.object_type = 'subscription' THEN 'changes' ELSE 'parent_changes' END AS said
                FROM event AS e
                WHERE e.account_id = account AND e.parent_id = made.id
            ) AS c
            WHERE c.said ? 'status' OR c.said ? 'mrr_minor'
            ORDER BY c.id
        LOOP
            IF told.place = 1 THEN
                was_status := coalesce(told.first_status, made.status);
                was_mrr := coalesce(told.first_mrr, made.mrr_minor);
                PERFORM move_revenue(
                    account, made.id, made.customer, made.created_at, made.currency, NULL, 0, was_status, was_mrr
                );
            END IF;
            PERFORM move_revenue(
                account, made.id, made.customer, told.at, made.currency,
                was_status, was_mrr, coalesce(told.status, was_status), coalesce(told.mrr, was_mrr)
            );
            was_status := coalesce(told.status, was_status);
            was_mrr := coalesce(told.mrr, was_mrr);
        END LOOP;
        -- What the journal does not tell, as in a book that was filled without it, counts from when it was made.
        PERFORM move_revenue(
            account, made.id, made.customer, CASE WHEN was_status IS NULL THEN made.created_at ELSE made.updated_at END,
            made.currency, was_status, coalesce(was_mrr, 0), made.status, made.mrr_minor
        );
    END LOOP;
    PERFORM set_config('kalends.account_id', '', true);
END $$;
"""
"""Revenue of before, told by the journal of events; for each subscription the sum is what it counts for today."""

BACKFILL = f"""
{TELL_AGAIN}
SELECT tell_revenue_again(id) FROM account ORDER BY id;
DROP FUNCTION tell_revenue_again(bigint);
DROP FUNCTION move_revenue(bigint, bigint, bigint, timestamptz, text, text, bigint, text, bigint);
"""


REASONS = ("new", "upgrade", "downgrade", "churn", "reactivation")


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_fees_and_taxes_on_the_whole"),
        ("accounts", "0011_locks_held"),
        ("events", "0010_webhook_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="RevenueMovement",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "subscription_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("subscription_id", models.BigIntegerField()),
                ("number", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("on_date", models.DateField()),
                ("customer_id", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("status_before", models.TextField(null=True)),
                ("status_after", models.TextField()),
                ("mrr_before_minor", models.BigIntegerField()),
                ("mrr_after_minor", models.BigIntegerField()),
                ("reason", models.TextField(null=True)),
                ("amount_minor", models.BigIntegerField()),
                ("reason_with_unpaid", models.TextField(null=True)),
                ("amount_with_unpaid_minor", models.BigIntegerField()),
            ],
            options={
                "db_table": "revenue_movement",
                "constraints": [
                    models.CheckConstraint(
                        name="revenue_moved_for_a_reason",
                        condition=models.Q(
                            models.Q(
                                models.Q(("amount_minor", 0), ("reason__isnull", True)),
                                models.Q(
                                    ("reason__in", REASONS), models.Q(("amount_minor", 0), _negated=True)
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(
                                    ("amount_with_unpaid_minor", 0), ("reason_with_unpaid__isnull", True)
                                ),
                                models.Q(
                                    ("reason_with_unpaid__in", REASONS),
                                    models.Q(("amount_with_unpaid_minor", 0), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("reason__isnull", False),
                                ("reason_with_unpaid__isnull", False),
                                _connector="OR",
                            ),
                        ),
                    )
                ],
            },
        ),
        migrations.RunSQL(walls.wall_around("revenue_movement"), migrations.RunSQL.noop),
        migrations.RunSQL(walls.append_only("revenue_movement"), migrations.RunSQL.noop),
        migrations.RunSQL(RULE + TRIGGERS, UNDO),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]

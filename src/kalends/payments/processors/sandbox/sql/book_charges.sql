-- Book charges that are new, and what will be told of them. Keys that are already in the book are left alone and
-- left out of the answer. Sorted by key, so that two overlapping calls wait for each other and never deadlock.
WITH booked AS (
    INSERT INTO sandbox_charge (
        account_id, idempotency_key, reference, token, amount_minor, currency, metadata, created_at, status,
        failure_code, fee_minor, settled_at, try_number, disputed_at, dispute_fee_minor, dispute_decided_at, dispute_won,
        return_url
    )
    SELECT
        %(account)s, idempotency_key, reference, token, amount_minor, currency, metadata, created_at, status,
        failure_code, fee_minor, settled_at, try_number, disputed_at, dispute_fee_minor, dispute_decided_at, dispute_won,
        return_url
    FROM json_to_recordset(%(charges)s::json) AS asked (
        idempotency_key text, reference text, token text, amount_minor bigint, currency text, metadata jsonb,
        created_at timestamptz, status text, failure_code text, fee_minor bigint, settled_at timestamptz,
        try_number integer, disputed_at timestamptz, dispute_fee_minor bigint, dispute_decided_at timestamptz,
        dispute_won boolean, return_url text
    )
    ORDER BY idempotency_key
    ON CONFLICT (account_id, idempotency_key) DO NOTHING
    RETURNING idempotency_key
),
told AS (
    INSERT INTO sandbox_report (account_id, due_at, event_id, kind, charge_key)
    SELECT %(account)s, told.due_at, told.event_id, told.kind, told.charge_key
    FROM json_to_recordset(%(reports)s::json) AS told (
        due_at timestamptz, event_id text, kind text, charge_key text
    )
    JOIN booked ON booked.idempotency_key = told.charge_key
)
SELECT idempotency_key FROM booked

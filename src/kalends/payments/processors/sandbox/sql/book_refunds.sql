-- Book refunds that are new, and what will be told of them.
WITH booked AS (
    INSERT INTO sandbox_refund (
        account_id, idempotency_key, charge_key, reference, amount_minor, currency, metadata, created_at, status,
        failure_code, settled_at
    )
    SELECT
        %(account)s, idempotency_key, charge_key, reference, amount_minor, currency, metadata, created_at, status,
        failure_code, settled_at
    FROM json_to_recordset(%(refunds)s::json) AS asked (
        idempotency_key text, charge_key text, reference text, amount_minor bigint, currency text, metadata jsonb,
        created_at timestamptz, status text, failure_code text, settled_at timestamptz
    )
    ORDER BY idempotency_key
    ON CONFLICT (account_id, idempotency_key) DO NOTHING
    RETURNING idempotency_key
),
told AS (
    INSERT INTO sandbox_report (account_id, due_at, event_id, kind, charge_key, refund_key)
    SELECT %(account)s, told.due_at, told.event_id, told.kind, told.charge_key, told.refund_key
    FROM json_to_recordset(%(reports)s::json) AS told (
        due_at timestamptz, event_id text, kind text, charge_key text, refund_key text
    )
    JOIN booked ON booked.idempotency_key = told.refund_key
)
SELECT idempotency_key FROM booked

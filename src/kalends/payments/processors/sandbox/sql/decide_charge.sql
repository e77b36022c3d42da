-- The customer's word ends a charge that waits for it, once; what would have been told otherwise is forgotten.
WITH decided AS (
    UPDATE sandbox_charge
    SET status = %(status)s, failure_code = CASE WHEN %(status)s = 'failed' THEN failure_code END, fee_minor = %(fee)s,
        settled_at = %(at)s
    WHERE account_id = %(account)s AND idempotency_key = %(key)s AND return_url IS NOT NULL AND settled_at > %(at)s
    RETURNING idempotency_key
),
forgotten AS (
    DELETE FROM sandbox_report
    WHERE account_id = %(account)s AND charge_key IN (SELECT idempotency_key FROM decided) AND refund_key IS NULL
    RETURNING charge_key
)
INSERT INTO sandbox_report (account_id, due_at, event_id, kind, charge_key)
SELECT %(account)s, told.due_at, told.event_id, told.kind, told.charge_key
FROM json_to_recordset(%(reports)s::json) AS told (due_at timestamptz, event_id text, kind text, charge_key text)
JOIN decided ON decided.idempotency_key = told.charge_key

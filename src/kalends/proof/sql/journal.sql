-- One issue per numbered invoice, one outcome per charge that has ended, one start per charge that is under way.
WITH told AS (
    SELECT object_id, kind, coalesce((data ->> 'attempt')::int, 0) AS attempt, count(*) AS times
    FROM event
    WHERE account_id = %(account_id)s
        AND kind IN ('invoice.issued', 'payment.processing', 'payment.succeeded', 'payment.failed')
    GROUP BY 1, 2, 3
),
happened AS (
    SELECT id AS object_id, 'invoice.issued' AS kind, 0 AS attempt, 'Invoice ' || coalesce(number, id::text) AS words
    FROM invoice
    WHERE account_id = %(account_id)s AND status <> 'draft' AND reason = 'cycle'
    UNION ALL
    SELECT payment_id, 'payment.' || status, attempt, 'Payment ' || payment_id || ', charge ' || attempt
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status IN ('processing', 'succeeded', 'failed')
)
SELECT
    coalesce(h.words, 'Record ' || t.object_id), 'number of events ' || coalesce(h.kind, t.kind),
    coalesce(t.times, 0)::text, CASE WHEN h.object_id IS NULL THEN '0' ELSE '1' END, NULL::text
FROM happened AS h
FULL JOIN told AS t ON t.object_id = h.object_id AND t.kind = h.kind AND t.attempt = h.attempt
WHERE coalesce(t.times, 0) <> (h.object_id IS NOT NULL)::int
    -- A charge that was under way and has ended was announced twice, rightly.
    AND NOT (t.kind = 'payment.processing' AND h.object_id IS NULL AND t.times = 1)

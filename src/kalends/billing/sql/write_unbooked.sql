INSERT INTO unbooked_charge (
    account_id, processor, reference, idempotency_key, made_at, amount_minor, currency, customer, billed_for
)
SELECT
    %(account_id)s, %(processor)s, made.reference, made.idempotency_key, made.made_at, made.amount_minor, made.currency,
    made.customer, made.billed_for
FROM unnest(
    %(references)s::text[], %(keys)s::text[], %(instants)s::timestamptz[], %(amounts)s::bigint[],
    %(currencies)s::text[], %(customers)s::text[], %(billed_for)s::text[]
) AS made (reference, idempotency_key, made_at, amount_minor, currency, customer, billed_for)
ON CONFLICT (account_id, processor, reference) DO NOTHING

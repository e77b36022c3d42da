-- Stripe's pages that were opened for these buyers at checkouts.
SELECT setup_reference
FROM checkout
WHERE account_id = %(account_id)s AND processor = 'stripe' AND setup_reference IS NOT NULL
    AND (
        contact_id = ANY(%(contacts)s::bigint[])
        OR (status = 'open' AND lower(buyer ->> 'email') = ANY(%(words)s::text[]))
    )

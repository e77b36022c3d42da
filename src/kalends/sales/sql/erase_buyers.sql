-- Checkouts that became records lose their buyer; those that never did go whole.
WITH settled AS (
    UPDATE checkout
    SET buyer = '{}', consent = consent - 'address' - 'agent', setup_reference = NULL
    WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s)
    RETURNING id
),
charged AS (
    UPDATE checkout_charge AS g
    SET token = 'erased', method = '{"expires_on": null}', failure_reason = NULL
    FROM settled
    WHERE g.account_id = %(account_id)s AND g.checkout_id = settled.id
),
never AS (
    DELETE FROM checkout
    WHERE account_id = %(account_id)s AND status = 'open' AND lower(buyer ->> 'email') = ANY(%(words)s)
    RETURNING id
)
DELETE FROM checkout_charge AS g
USING never
WHERE g.account_id = %(account_id)s AND g.checkout_id = never.id

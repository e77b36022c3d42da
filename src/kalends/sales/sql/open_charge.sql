-- The charge of a checkout that is being paid, and whether its sender waits for an answer right now.
SELECT
    g.checkout_id, g.attempt, g.status, g.amount_minor, g.currency, g.processor, g.token, g.method_kind, g.calls,
    g.intended_at < %(before)s,
    g.status = 'sent' AND EXISTS (SELECT FROM locks_held() AS held WHERE held.key = g.sender)
FROM checkout_charge AS g
JOIN checkout AS k ON k.account_id = %(account_id)s AND k.id = g.checkout_id AND k.status = 'paying'
WHERE g.account_id = %(account_id)s AND g.checkout_id = %(checkout_id)s AND g.status IN ('sent', 'processing')

-- Taken over by whoever comes first from a sender that is gone.
UPDATE checkout_charge AS g
SET sender = %(sender)s
WHERE g.account_id = %(account_id)s
    AND g.checkout_id = %(checkout_id)s
    AND g.attempt = %(attempt)s
    AND g.status = 'sent'
    AND NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = g.sender)
RETURNING
    g.checkout_id, g.attempt, g.status, g.amount_minor, g.currency, g.processor, g.token, g.method_kind, g.calls,
    g.intended_at < %(before)s, true

-- Charges of checkouts that are being paid while nobody waits for an answer: the sender is gone, or the buyer was sent
-- to the bank's page.
SELECT
    g.checkout_id, g.attempt, g.status, g.amount_minor, g.currency, g.processor, g.token, g.method_kind, g.calls,
    g.intended_at < %(before)s, false
FROM checkout AS k
JOIN checkout_charge AS g
    ON g.account_id = %(account_id)s AND g.checkout_id = k.id AND g.status IN ('sent', 'processing')
WHERE k.account_id = %(account_id)s
    AND k.status = 'paying'
    AND NOT (
        g.status = 'sent' AND EXISTS (SELECT FROM locks_held() AS held WHERE held.key = g.sender)
    )
ORDER BY k.id

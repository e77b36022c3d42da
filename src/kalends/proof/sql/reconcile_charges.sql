-- What our books say a processor collected in some days.
SELECT a.invoice_id, a.attempt, coalesce(i.number, a.invoice_id::text), a.amount_minor, a.currency, a.charge_key
FROM payment AS p
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id AND a.status = 'succeeded'
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
WHERE p.account_id = %(account_id)s
    AND p.processor = %(processor)s
    AND p.settled_at >= %(since)s
    AND p.settled_at < %(until)s
ORDER BY a.invoice_id, a.attempt

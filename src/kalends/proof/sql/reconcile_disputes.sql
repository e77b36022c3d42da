-- Disputes that our books say were opened in some days.
SELECT a.invoice_id, a.attempt, coalesce(i.number, p.invoice_id::text), d.amount_minor, d.currency, a.charge_key
FROM dispute AS d
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = d.payment_id AND p.processor = %(processor)s
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id AND a.status = 'succeeded'
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
WHERE d.account_id = %(account_id)s AND d.opened_at >= %(since)s AND d.opened_at < %(until)s
ORDER BY d.id

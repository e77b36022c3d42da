-- What our books say a processor gave back in some days.
SELECT r.id, coalesce(i.number, p.invoice_id::text), r.amount_minor, r.currency
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id AND p.processor = %(processor)s
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
WHERE r.account_id = %(account_id)s
    AND r.status = 'succeeded'
    AND r.settled_at >= %(since)s
    AND r.settled_at < %(until)s
ORDER BY r.id

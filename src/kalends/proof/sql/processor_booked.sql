-- Every settlement by a processor that the ledger holds, in the order of the attempt's key.
SELECT t.invoice_id, t.occasion, coalesce(i.number, t.invoice_id::text), t.amount_minor, t.currency, a.charge_key
FROM ledger_transfer AS t
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = t.document_id AND p.processor = %(processor)s
LEFT JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = t.invoice_id AND a.attempt = t.occasion
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = t.invoice_id
WHERE t.account_id = %(account_id)s AND t.posting = 'payment_settled' AND t.leg = 1
ORDER BY t.invoice_id, t.occasion

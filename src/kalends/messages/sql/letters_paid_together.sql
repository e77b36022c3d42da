-- The other payments of a checkout's charge, for letters that say that it succeeded.
SELECT wanted.letter, o.payment_id
FROM unnest(%(letters)s::bigint[], %(payments)s::bigint[], %(occasions)s::text[]) AS wanted (letter, payment, occasion)
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = wanted.payment
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s
    AND a.invoice_id = p.invoice_id
    AND a.payment_id = p.id
    AND a.attempt::text = wanted.occasion
    AND a.charge_key IS NOT NULL
    AND a.status = 'succeeded'
JOIN charge_attempt AS o
    ON o.account_id = %(account_id)s AND o.charge_key = a.charge_key AND o.payment_id <> a.payment_id
ORDER BY wanted.letter, o.invoice_id

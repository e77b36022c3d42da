SELECT e.id, e.at, e.kind, e.actor, e.data::text, i.id, i.number, p.method_kind, p.brand, p.last4
FROM event AS e
LEFT JOIN payment AS p ON p.account_id = e.account_id AND e.object_type = 'payment' AND p.id = e.object_id
LEFT JOIN invoice AS i
    ON i.account_id = e.account_id
    AND i.id = CASE e.object_type WHEN 'invoice' THEN e.object_id ELSE p.invoice_id END
WHERE e.account_id = %(account_id)s AND e.parent_id = %(id)s
ORDER BY e.id DESC
LIMIT %(limit)s

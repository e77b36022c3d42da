-- After their subscriptions; a statement of its own, so that what is read next is read after any wait.
SELECT FROM invoice
WHERE account_id = %(account_id)s AND id = ANY(%(invoices)s::bigint[])
ORDER BY id
FOR UPDATE

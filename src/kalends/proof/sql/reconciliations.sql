SELECT id, processor, first_day, last_day, made_at, movements, differences, found::text
FROM reconciliation
WHERE account_id = %(account_id)s
ORDER BY made_at DESC, id DESC
LIMIT %(limit)s

SELECT k.id
FROM company AS k
WHERE k.account_id = %(account_id)s
    AND k.archived_at IS NULL
    AND (%(domain)s <> '' AND k.domain = %(domain)s OR %(name)s <> '' AND lower(k.name) = lower(%(name)s))
ORDER BY %(domain)s <> '' AND k.domain = %(domain)s DESC, k.id
LIMIT 1

-- Nothing says when a user came to the account; the day on which the account was made is the earliest it can be.
SELECT u.id, u.email, u.name, a.created_at, u.is_active, t.id, t.name
FROM membership AS m
JOIN app_user AS u ON u.id = m.user_id
JOIN account AS a ON a.id = m.account_id
LEFT JOIN team AS t ON t.account_id = %(account_id)s AND t.id = m.team_id
WHERE m.account_id = %(account_id)s
  AND u.is_active <> %(archived)s
  AND (%(id)s::bigint IS NULL OR u.id = %(id)s)
  AND (%(email)s::text IS NULL OR lower(u.email) = %(email)s)
  AND u.id > %(after)s
ORDER BY u.id
LIMIT %(limit)s

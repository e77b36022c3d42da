-- The account's users who may sign in, with what their roles grant.
SELECT u.id, u.name, u.email, u.language, m.role, r.grants::text
FROM membership AS m
INNER JOIN app_user AS u ON u.id = m.user_id
LEFT JOIN role AS r ON r.account_id = %(account_id)s AND r.id = m.role_id
WHERE m.account_id = %(account_id)s AND u.is_active
ORDER BY lower(u.name), u.id

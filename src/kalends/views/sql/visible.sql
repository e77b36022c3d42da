-- The saved views of an object that a user may see, by name.
SELECT v.id, v.name, v.owner_id, u.name, v.sharing, v.content::text
FROM saved_view AS v
LEFT JOIN app_user AS u ON u.id = v.owner_id
WHERE
    v.account_id = %(account_id)s
    AND v.object = %(object)s
    AND (
        %(all)s
        OR v.owner_id = %(user_id)s
        OR v.sharing = 'everyone'
        OR (v.sharing = 'team' AND v.owner_id = ANY(%(team)s::bigint[]))
    )
ORDER BY lower(v.name), v.id

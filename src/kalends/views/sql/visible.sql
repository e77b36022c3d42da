-- What is kept in a table (views, reports, dashboards) and a user may see, or the one of a number, by name.
SELECT r.id, r.name, r.owner_id, coalesce(u.name, ''), r.sharing, {columns}
FROM {table} AS r
LEFT JOIN app_user AS u ON u.id = r.owner_id
WHERE
    r.account_id = %(account_id)s
    AND {of_object}
    AND (%(id)s::bigint IS NULL OR r.id = %(id)s)
    AND (
        %(all)s
        OR r.owner_id = %(user_id)s
        OR r.sharing = 'everyone'
        OR (r.sharing = 'team' AND r.owner_id = ANY(%(team)s::bigint[]))
    )
ORDER BY lower(r.name), r.id

SELECT
    p.name, p.label, p.description, p.type, p.field_type, p.multiple, p.is_unique, p.options, p.options_from,
    p.group_name, g.label, p.object_type
FROM property_definition AS p
LEFT JOIN property_group AS g
    ON g.account_id = %(account_id)s AND g.object_type = p.object_type AND g.name = p.group_name
WHERE p.account_id = %(account_id)s AND (%(object)s::text IS NULL OR p.object_type = %(object)s) AND p.archived_at IS NULL
ORDER BY p.id

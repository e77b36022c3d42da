SELECT kind, value, label, object_type
FROM (
    SELECT 'pipeline' AS kind, name AS value, label, 0 AS place, 0::bigint AS of_pipeline, display_order, id,
        object_type
    FROM pipeline
    WHERE account_id = %(account_id)s AND (%(object)s::text IS NULL OR object_type = %(object)s) AND archived_at IS NULL
    UNION ALL
    SELECT 'stage', s.name, s.label, p.display_order, p.id, s.display_order, s.id, s.object_type
    FROM pipeline_stage AS s
    JOIN pipeline AS p ON p.account_id = %(account_id)s AND p.object_type = s.object_type AND p.name = s.pipeline
    WHERE s.account_id = %(account_id)s AND (%(object)s::text IS NULL OR s.object_type = %(object)s)
      AND s.archived_at IS NULL AND p.archived_at IS NULL
) AS o
ORDER BY kind, place, of_pipeline, display_order, id

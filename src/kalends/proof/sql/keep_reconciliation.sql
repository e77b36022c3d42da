INSERT INTO reconciliation (
    account_id, id, processor, first_day, last_day, made_at, movements, differences, found
)
VALUES (
    %(account_id)s, %(id)s, %(processor)s, %(first)s, %(last)s, %(now)s, %(movements)s, %(differences)s, %(found)s::jsonb
)

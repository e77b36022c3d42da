UPDATE message AS m
SET subject = written.subject, text = written.text, html = written.html
FROM unnest(%(ids)s::bigint[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[])
    AS written (id, subject, text, html)
WHERE m.account_id = %(account_id)s AND m.id = written.id

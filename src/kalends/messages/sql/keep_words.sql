UPDATE message AS m
SET subject = written.subject, text = written.text, html = written.html, attached = written.attached::jsonb,
    logo = written.logo
FROM unnest(%(ids)s::bigint[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[], %(attached)s::text[],
    %(logos)s::text[])
    AS written (id, subject, text, html, attached, logo)
WHERE m.account_id = %(account_id)s AND m.id = written.id

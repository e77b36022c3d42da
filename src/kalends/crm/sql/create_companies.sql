INSERT INTO company (
    account_id, id, created_at, updated_at, source_label, name, domain, phone, industry, address, city, state, zip,
    country, owner_id, owner_assigned_at, import_key
)
SELECT
    %(account_id)s, f.id, %(now)s, %(now)s, %(source)s, f.name, f.domain, f.phone, f.industry, f.address, f.city,
    f.state, f.zip, f.country, f.owner, CASE WHEN f.owner IS NOT NULL THEN %(now)s::timestamptz END, f.key
FROM unnest(
    %(ids)s::bigint[], %(names)s::text[], %(domains)s::text[], %(phones)s::text[], %(industries)s::text[],
    %(addresses)s::text[], %(cities)s::text[], %(states)s::text[], %(zips)s::text[], %(countries)s::text[],
    %(owners)s::bigint[], %(keys)s::text[]
) AS f (id, name, domain, phone, industry, address, city, state, zip, country, owner, key)

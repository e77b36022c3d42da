INSERT INTO contact (
    account_id, id, created_at, updated_at, source_label, email, first_name, last_name, primary_company_id, phone,
    language, address, city, state, zip, country, job_title, owner_id, owner_assigned_at, import_key
)
SELECT
    %(account_id)s, f.id, %(now)s, %(now)s, %(source)s, f.email, f.first, f.last, f.company, f.phone, f.language,
    f.address, f.city, f.state, f.zip, f.country, f.job, f.owner,
    CASE WHEN f.owner IS NOT NULL THEN %(now)s::timestamptz END, f.key
FROM unnest(
    %(ids)s::bigint[], %(emails)s::text[], %(firsts)s::text[], %(lasts)s::text[], %(companies)s::bigint[],
    %(phones)s::text[], %(languages)s::text[], %(addresses)s::text[], %(cities)s::text[], %(states)s::text[],
    %(zips)s::text[], %(countries)s::text[], %(jobs)s::text[], %(owners)s::bigint[], %(keys)s::text[]
) AS f (
    id, email, first, last, company, phone, language, address, city, state, zip, country, job, owner, key
)

INSERT INTO payment_method (
    account_id, id, contact_id, processor, kind, token, brand, last4, expires_on, bank_or_issuer, created_at
)
SELECT
    %(account_id)s, f.id, f.contact, f.processor, f.kind, f.token, f.brand, f.last4, f.expires, f.bank, %(now)s
FROM unnest(
    %(ids)s::bigint[], %(contacts)s::bigint[], %(processors)s::text[], %(kinds)s::text[], %(tokens)s::text[],
    %(brands)s::text[], %(last4s)s::text[], %(expiries)s::date[], %(banks)s::text[]
) AS f (id, contact, processor, kind, token, brand, last4, expires, bank)

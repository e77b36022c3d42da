INSERT INTO subscription (
    account_id, id, created_at, updated_at, source_label, payment_source_app, name, status, collection,
    creates_invoices, currency, frequency, contact_id, company_id, payment_method_id, payment_method_origin, owner_id,
    owner_assigned_at, start_date, anchor_date, next_cycle, next_due_date, next_amount_minor, expected_payments,
    end_date, mrr_minor, arr_minor, net_terms_days, online_payment, email_invoices, allowed_payment_methods,
    collect_address_types, comments, language, billing_address, billing_address2, billing_city, billing_state,
    billing_zip, billing_country, import_key
)
SELECT
    %(account_id)s, f.id, %(now)s, %(now)s, %(source)s, %(payment_source)s, f.name, f.status, f.collection, f.creates,
    f.currency, f.frequency, f.contact, f.company, f.method, CASE WHEN f.method IS NOT NULL THEN 'stored' END, f.owner,
    CASE WHEN f.owner IS NOT NULL THEN %(now)s::timestamptz END, f.start, f.start, f.cycle, f.due, f.amount, f.payments,
    f.ends, f.mrr, f.arr, f.terms, f.online, f.emails, f.allowed::text[], f.collect::text[], f.comments, f.language,
    f.address, f.address2, f.city, f.state, f.zip, f.country, f.key
FROM unnest(
    %(ids)s::bigint[], %(names)s::text[], %(statuses)s::text[], %(collections)s::text[], %(creates)s::bool[],
    %(currencies)s::text[], %(frequencies)s::text[], %(contacts)s::bigint[], %(companies)s::bigint[],
    %(methods)s::bigint[], %(owners)s::bigint[], %(starts)s::date[], %(cycles)s::int[], %(dues)s::date[],
    %(amounts)s::bigint[], %(payments)s::int[], %(ends)s::date[], %(mrrs)s::bigint[], %(arrs)s::bigint[],
    %(terms)s::smallint[], %(online)s::bool[], %(emails)s::bool[], %(allowed)s::text[], %(collect)s::text[],
    %(comments)s::text[], %(languages)s::text[], %(address)s::text[], %(address2)s::text[], %(city)s::text[],
    %(state)s::text[], %(zip)s::text[], %(country)s::text[], %(keys)s::text[]
) AS f (
    id, name, status, collection, creates, currency, frequency, contact, company, method, owner, start, cycle, due,
    amount, payments, ends, mrr, arr, terms, online, emails, allowed, collect, comments, language, address, address2,
    city, state, zip, country, key
)

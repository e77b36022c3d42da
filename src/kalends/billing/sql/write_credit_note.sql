WITH lines AS (
    INSERT INTO credit_note_line (
        account_id, credit_note_id, invoice_line_id, net_minor, tax_minor, total_minor, unused_from
    )
    SELECT %(account_id)s, %(id)s, line.id, line.net, line.tax, line.net + line.tax, line.unused_from
    FROM unnest(%(lines)s::bigint[], %(nets)s::bigint[], %(taxes)s::bigint[], %(unused)s::date[])
        AS line (id, net, tax, unused_from)
)
INSERT INTO credit_note (
    account_id, id, number, invoice_id, subscription_id, contact_id, currency, issued_on, created_at, reason,
    net_minor, tax_minor, total_minor, applied_minor, to_balance_minor
)
VALUES (
    %(account_id)s, %(id)s, %(number)s, %(invoice_id)s, %(subscription_id)s, %(contact_id)s, %(currency)s, %(today)s,
    %(now)s, %(reason)s, %(net)s, %(tax)s, %(total)s, %(applied)s, %(to_balance)s
)

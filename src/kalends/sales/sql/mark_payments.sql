-- Where payments of a checkout came from, and on their first attempts the charge that paid them all.
WITH part AS MATERIALIZED (
    SELECT * FROM unnest(%(payments)s::bigint[], %(invoices)s::bigint[]) AS part (payment_id, invoice_id)
),
marked AS (
    UPDATE payment AS p
    SET creation_method = 'CHECKOUT', payment_source_app = %(app)s, payment_source_id = %(source_id)s,
        payment_source_name = %(name)s, payment_source_url = %(url)s, customer_email = %(email)s,
        order_discount_minor = i.order_discount_minor,
        order_discount_code = CASE WHEN i.order_discount_minor > 0 THEN %(code)s::text END,
        order_discount_percent = CASE WHEN i.order_discount_minor > 0 THEN %(percent)s::numeric END,
        method_kind = %(kind)s, brand = %(brand)s, last4 = %(last4)s, bank_or_issuer = %(bank)s, wallet = %(wallet)s,
        processor = %(processor)s, bill_to_name = %(bill_to)s, billing_address = %(bill_address)s,
        billing_address2 = %(bill_address2)s, billing_city = %(bill_city)s, billing_state = %(bill_state)s,
        billing_zip = %(bill_zip)s, billing_country = %(bill_country)s, ship_to_name = %(ship_to)s,
        shipping_address = %(ship_address)s, shipping_address2 = %(ship_address2)s, shipping_city = %(ship_city)s,
        shipping_state = %(ship_state)s, shipping_zip = %(ship_zip)s, shipping_country = %(ship_country)s
    FROM part
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = part.invoice_id
    WHERE p.account_id = %(account_id)s AND p.id = part.payment_id
)
UPDATE charge_attempt AS a
SET charge_key = %(key)s, status = 'sent'
FROM part
WHERE a.account_id = %(account_id)s AND a.invoice_id = part.invoice_id AND a.payment_id = part.payment_id

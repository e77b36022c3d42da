UPDATE invoice
SET shipping_address = %(address)s, shipping_address2 = %(address2)s, shipping_city = %(city)s,
    shipping_state = %(state)s, shipping_zip = %(zip)s, shipping_country = %(country)s
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])

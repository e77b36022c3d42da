INSERT INTO kept_buyer (account_id, id, name, attention, address, country, until)
VALUES (%(account_id)s, %(id)s, %(name)s, %(attention)s, %(address)s::text[], %(country)s, %(until)s)
ON CONFLICT ON CONSTRAINT kept_buyer_pkey DO NOTHING

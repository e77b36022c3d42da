INSERT INTO customer_credit AS c (account_id, contact_id, currency, balance_minor)
VALUES (%(account_id)s, %(contact_id)s, %(currency)s, %(amount)s)
ON CONFLICT ON CONSTRAINT customer_credit_once
DO UPDATE SET balance_minor = c.balance_minor + excluded.balance_minor

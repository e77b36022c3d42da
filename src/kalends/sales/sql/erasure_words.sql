SELECT DISTINCT word
FROM checkout AS k
CROSS JOIN LATERAL (
    VALUES
        (k.buyer ->> 'email'), (k.buyer ->> 'phone'), (k.buyer ->> 'tax_id'),
        (concat_ws(' ', nullif(k.buyer ->> 'first_name', ''), nullif(k.buyer ->> 'last_name', ''))),
        (k.buyer #>> '{billing,address}'), (k.buyer #>> '{shipping,address}'), (k.buyer #>> '{shipping,name}'),
        (k.buyer #>> '{billing,name}')
) AS said (word)
WHERE k.account_id = %(account_id)s AND k.contact_id = ANY(%(contacts)s)

INSERT INTO invoice_series AS series (account_id, prefix, next_number)
VALUES (%(account_id)s, %(prefix)s, 1001 + %(count)s)
ON CONFLICT ON CONSTRAINT invoice_series_once
DO UPDATE SET next_number = series.next_number + %(count)s
RETURNING next_number - %(count)s

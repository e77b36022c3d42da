UPDATE subscription AS s
SET status = counted.status,
    collected_minor = s.collected_minor + counted.settled,
    completed_payments = s.completed_payments + counted.completed,
    failed_payments = s.failed_payments + counted.failed,
    last_payment_amount_minor = coalesce(counted.amount, s.last_payment_amount_minor),
    last_payment_on = coalesce(counted.day, s.last_payment_on),
    last_payment_status = counted.last,
    churn_date = coalesce(s.churn_date, counted.churned),
    updated_at = %(now)s
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(settled)s::bigint[], %(completed)s::int[], %(failed)s::int[],
    %(amounts)s::bigint[], %(days)s::date[], %(last)s::text[], %(churned)s::date[]
), string_to_table('', '')) AS counted (id, status, settled, completed, failed, amount, day, last, churned, many)
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s::bigint[]) AND s.id = counted.id

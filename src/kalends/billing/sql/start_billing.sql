UPDATE subscription
SET creates_invoices = true,
    status = %(status)s,
    collection = %(collection)s,
    contact_id = %(contact_id)s,
    payment_method_id = %(payment_method_id)s,
    payment_method_origin = CASE WHEN %(payment_method_id)s::bigint IS NULL THEN payment_method_origin
        ELSE coalesce(payment_method_origin, 'stored') END,
    start_date = %(start_date)s,
    anchor_date = %(anchor_date)s,
    anchor_cycle = %(anchor_cycle)s,
    next_cycle = %(next_cycle)s,
    next_due_date = %(next_due_date)s,
    next_amount_minor = %(next_amount_minor)s,
    expected_payments = %(expected_payments)s,
    end_date = %(end_date)s,
    mrr_minor = %(mrr_minor)s,
    arr_minor = %(arr_minor)s,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s

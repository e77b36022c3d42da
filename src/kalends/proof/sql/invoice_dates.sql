SELECT 'Invoice ' || coalesce(i.number, i.id::text), f.figure, f.stands, f.should_be, NULL::text
FROM (
    SELECT
        i.*,
        i.total_minor = i.paid_minor + i.credited_minor AS is_settled,
        (i.issued_at AT TIME ZONE %(zone)s)::date AS issued_on,
        i.invoice_date + CASE i.collection WHEN 'automatic' THEN 0 ELSE i.net_terms_days END AS falls_due,
        s.id AS known_subscription, s.currency AS agreed_currency, s.contact_id AS agreed_contact, s.canceled_at
    FROM invoice AS i
    LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
    WHERE i.account_id = %(account_id)s AND i.status <> 'draft'
) AS i
CROSS JOIN LATERAL (
    VALUES
        (
            'status', i.status,
            CASE
                WHEN i.status = 'voided' THEN 'voided'
                WHEN i.is_settled THEN 'paid'
                ELSE 'open'
            END
        ),
        (
            'day of payment', CASE WHEN i.paid_at IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN i.is_settled AND i.status <> 'voided' THEN 'set' ELSE 'empty' END
        ),
        ('invoice date', i.invoice_date::text, i.issued_on::text),
        ('due date', i.due_date::text, i.falls_due::text),
        (
            'invoice date', i.invoice_date::text,
            CASE
                WHEN i.invoice_date < i.period_start THEN i.period_start::text || ' or later'
                ELSE i.invoice_date::text
            END
        ),
        (
            'day it fell overdue', (i.past_due_at AT TIME ZONE %(zone)s)::date::text,
            CASE
                WHEN (i.past_due_at AT TIME ZONE %(zone)s)::date <= i.due_date THEN 'after ' || i.due_date::text
                ELSE (i.past_due_at AT TIME ZONE %(zone)s)::date::text
            END
        ),
        (
            'currency', i.currency,
            CASE WHEN i.known_subscription IS NULL THEN i.currency ELSE i.agreed_currency END
        ),
        (
            'issue', i.issued_at::text,
            CASE
                WHEN i.reason = 'cycle' AND i.issued_at > i.canceled_at THEN 'none: the subscription was canceled before'
                ELSE i.issued_at::text
            END
        )
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
ORDER BY i.id

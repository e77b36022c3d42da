-- Each figure of an invoice beside what it should be; all are first compared as a whole, and only the few rows that
-- differ are taken apart.
SELECT 'Invoice ' || coalesce(i.number, i.id::text), f.figure, f.stands, f.should_be, NULL::text
FROM (
    SELECT
        i.*,
        (i.past_due_at AT TIME ZONE %(zone)s)::date AS rolled_on,
        i.paid_at IS NOT NULL AS has_paid_at,
        CASE
            WHEN i.status = 'voided' THEN 'voided'
            WHEN i.total_minor = i.paid_minor + i.credited_minor THEN 'paid'
            ELSE 'open'
        END AS right_status,
        i.status <> 'voided' AND i.total_minor = i.paid_minor + i.credited_minor AS right_has_paid_at,
        CASE WHEN i.reason = 'manual' THEN i.invoice_date ELSE (i.issued_at AT TIME ZONE %(zone)s)::date END AS right_date,
        i.invoice_date + CASE i.collection WHEN 'automatic' THEN 0 ELSE i.net_terms_days END AS right_due_date,
        coalesce(s.currency, i.currency) AS right_currency,
        i.invoice_date < i.period_start AS too_early,
        (i.past_due_at AT TIME ZONE %(zone)s)::date <= i.due_date AS rolled_early,
        i.reason <> 'manual' AND i.issued_at > s.canceled_at AS too_late
    FROM invoice AS i
    LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
    WHERE i.account_id = %(account_id)s AND i.status <> 'draft'
) AS i
CROSS JOIN LATERAL (
    VALUES
        ('status', i.status, i.right_status),
        (
            'day of payment', CASE WHEN i.has_paid_at THEN 'set' ELSE 'empty' END,
            CASE WHEN i.right_has_paid_at THEN 'set' ELSE 'empty' END
        ),
        ('invoice date', i.invoice_date::text, i.right_date::text),
        ('due date', i.due_date::text, i.right_due_date::text),
        ('currency', i.currency, i.right_currency),
        (
            'invoice date', i.invoice_date::text,
            CASE WHEN i.too_early THEN i.period_start || ' or later' ELSE i.invoice_date::text END
        ),
        (
            'day it fell overdue', i.rolled_on::text,
            CASE WHEN i.rolled_early THEN 'after ' || i.due_date ELSE i.rolled_on::text END
        ),
        (
            'issue', i.issued_at::text,
            CASE WHEN i.too_late THEN 'none: the subscription was canceled before' ELSE i.issued_at::text END
        )
) AS f (figure, stands, should_be)
WHERE (
        (i.status, i.has_paid_at, i.invoice_date, i.due_date, i.currency)
        IS DISTINCT FROM
        (i.right_status, i.right_has_paid_at, i.right_date, i.right_due_date, i.right_currency)
        OR i.too_early OR i.rolled_early OR i.too_late
    )
    AND f.stands IS DISTINCT FROM f.should_be
ORDER BY i.id

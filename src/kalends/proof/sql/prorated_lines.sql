-- Lines of subscriptions that came into force, or went out of it, on a day of a period. What was charged for a line is
-- the line of the invoice that names it and whose period holds that day, the latest one where a schedule was moved and
-- periods overlap; a free line, and one of a voided invoice, was not charged, and one that was credited before may have
-- nothing left.
WITH moved AS (
    SELECT id, parent_id, name, currency, from_cycle, in_force_from, in_force_until, quantity * unit_price AS price
    FROM line_item
    WHERE account_id = %(account_id)s
        AND parent_type = 'subscription'
        AND (in_force_from IS NOT NULL OR in_force_until IS NOT NULL)
),
billed AS (
    SELECT l.id, l.agreed_line_id, l.period_start, l.period_end, l.cycle_start, l.total_minor, i.status, i.cycle
    FROM line_item AS l
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = l.parent_id
    WHERE l.account_id = %(account_id)s
        AND l.parent_type = 'invoice'
        AND l.agreed_line_id IN (SELECT id FROM moved)
),
charged AS (
    SELECT m.id, count(b.id) AS times
    FROM moved AS m
    LEFT JOIN billed AS b ON b.agreed_line_id = m.id AND b.cycle_start IS NOT NULL
    WHERE m.in_force_from IS NOT NULL
    GROUP BY m.id
),
latest AS (
    SELECT DISTINCT ON (m.id)
        m.id AS moved_id, b.*
    FROM moved AS m
    JOIN billed AS b
        ON b.agreed_line_id = m.id AND b.period_start <= m.in_force_until AND m.in_force_until < b.period_end
    ORDER BY m.id, b.cycle DESC, b.id DESC
),
ended AS (
    SELECT
        m.id, b.id IS NOT NULL AS was_charged, b.status = 'voided' AS voided, b.total_minor,
        coalesce(sum(c.total_minor) FILTER (WHERE c.unused_from = m.in_force_until), 0)::bigint AS for_days,
        coalesce(sum(c.total_minor), 0)::bigint AS in_all,
        round(
            b.total_minor * (b.period_end - m.in_force_until)::numeric / nullif(b.period_end - b.period_start, 0)
        )::bigint AS share
    FROM moved AS m
    LEFT JOIN latest AS b ON b.moved_id = m.id
    LEFT JOIN credit_note_line AS c ON c.account_id = %(account_id)s AND c.invoice_line_id = b.id
    WHERE m.in_force_until IS NOT NULL
    GROUP BY m.id, m.in_force_until, b.id, b.status, b.total_minor, b.period_start, b.period_end
)
SELECT 'Line item ' || m.id || ' (' || m.name || ') of subscription ' || m.parent_id, f.figure, f.stands, f.should_be, NULL
FROM moved AS m
LEFT JOIN charged ON charged.id = m.id
LEFT JOIN ended ON ended.id = m.id
CROSS JOIN LATERAL (
    VALUES
        (
            'number of charges for the days from ' || m.in_force_from, charged.times::text,
            CASE WHEN charged.times > 1 THEN '1' ELSE charged.times::text END
        ),
        (
            'credit for the days from ' || m.in_force_until, ended.for_days::text,
            CASE
                WHEN ended.was_charged AND NOT ended.voided AND ended.for_days = 0 AND ended.in_all < ended.total_minor
                    AND ended.share > 0
                    THEN 'above 0: it went out of force'
                ELSE ended.for_days::text
            END
        )
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
ORDER BY m.id

WITH billed AS MATERIALIZED (
    SELECT unnest(%(invoices)s::bigint[]) AS id
),
invoices AS (
    INSERT INTO bare.invoice
    SELECT t.* FROM billed JOIN invoice AS t ON t.account_id = %(account_id)s AND t.id = billed.id
),
lines AS (
    INSERT INTO bare.line_item
    SELECT t.* FROM billed JOIN line_item AS t ON t.account_id = %(account_id)s AND t.parent_id = billed.id
),
payments AS (
    INSERT INTO bare.payment
    SELECT t.* FROM billed JOIN payment AS t ON t.account_id = %(account_id)s AND t.invoice_id = billed.id
),
attempts AS (
    INSERT INTO bare.charge_attempt
    SELECT t.* FROM billed JOIN charge_attempt AS t ON t.account_id = %(account_id)s AND t.invoice_id = billed.id
),
postings AS (
    INSERT INTO bare.ledger_transfer
    SELECT t.* FROM billed JOIN ledger_transfer AS t ON t.account_id = %(account_id)s AND t.document_id = billed.id
),
events AS (
    INSERT INTO bare.event
    SELECT t.* FROM billed JOIN event AS t ON t.account_id = %(account_id)s AND t.object_id = billed.id
),
letters AS (
    INSERT INTO bare.message
    SELECT t.* FROM billed JOIN message AS t ON t.account_id = %(account_id)s AND t.object_id = billed.id
)
UPDATE bare.subscription AS bare
SET next_cycle = s.next_cycle,
    next_due_date = s.next_due_date,
    next_amount_minor = s.next_amount_minor,
    status = s.status,
    updated_at = s.updated_at
FROM billed
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = billed.id
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
WHERE bare.account_id = %(account_id)s AND bare.id = s.id

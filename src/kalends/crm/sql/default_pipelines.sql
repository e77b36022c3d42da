WITH made AS (
    INSERT INTO pipeline (account_id, object_type, name, label, created_at, updated_at)
    VALUES
        (%(account_id)s, 'deal', 'default', 'Sales pipeline', %(now)s, %(now)s),
        (%(account_id)s, 'ticket', '0', 'Support pipeline', %(now)s, %(now)s),
        (%(account_id)s, 'order', 'default', 'Order pipeline', %(now)s, %(now)s)
    ON CONFLICT DO NOTHING
    RETURNING object_type, name
)
INSERT INTO pipeline_stage (
    account_id, object_type, pipeline, name, label, display_order, is_closed, probability, created_at, updated_at
)
SELECT %(account_id)s, made.object_type, made.name, s.name, s.label, s.place, s.closed, s.probability, %(now)s, %(now)s
FROM made
JOIN (
    VALUES
        ('deal', 'appointmentscheduled', 'Appointment scheduled', 0, false, 0.2),
        ('deal', 'qualifiedtobuy', 'Qualified to buy', 1, false, 0.4),
        ('deal', 'presentationscheduled', 'Presentation scheduled', 2, false, 0.6),
        ('deal', 'decisionmakerboughtin', 'Decision maker bought-in', 3, false, 0.8),
        ('deal', 'contractsent', 'Contract sent', 4, false, 0.9),
        ('deal', 'closedwon', 'Closed won', 5, true, 1.0),
        ('deal', 'closedlost', 'Closed lost', 6, true, 0.0),
        ('ticket', '1', 'New', 0, false, NULL),
        ('ticket', '2', 'Waiting on contact', 1, false, NULL),
        ('ticket', '3', 'Waiting on us', 2, false, NULL),
        ('ticket', '4', 'Closed', 3, true, NULL),
        ('order', 'open', 'Open', 0, false, NULL),
        ('order', 'processed', 'Processed', 1, false, NULL),
        ('order', 'shipped', 'Shipped', 2, false, NULL),
        ('order', 'delivered', 'Delivered', 3, true, NULL),
        ('order', 'canceled', 'Canceled', 4, true, NULL)
) AS s (object_type, name, label, place, closed, probability) USING (object_type)
ON CONFLICT DO NOTHING

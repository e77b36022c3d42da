"""The page on which a customer gives a subscription another means of payment."""

"""The pages of those who buy: checkout, invoices, payment methods, and what they have bought."""

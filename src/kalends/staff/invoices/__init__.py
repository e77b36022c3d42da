"""Draft invoices: written and changed by staff until they are issued."""

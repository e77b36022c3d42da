"""Creating subscriptions: one page with all steps, opened from a list, a contact, a company or a deal."""

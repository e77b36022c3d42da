"""A customer's own pages: what they have, what comes, what was paid, and what they can change themselves."""

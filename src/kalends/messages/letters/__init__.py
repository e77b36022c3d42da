"""Letters: what the outbox decided on, put into the reader's words."""

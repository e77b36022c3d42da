"""Pages of emails to segments: written, looked at, tried, sent, and how far they are."""

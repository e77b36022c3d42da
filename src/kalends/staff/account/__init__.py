"""What belongs to people rather than to records: coming in, their sessions, search, notices, and the first start."""

"""Stand-ins for services of others, at the wire."""

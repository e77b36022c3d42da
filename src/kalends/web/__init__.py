"""What stands before every page and every call: ids and the log of requests, health, and metrics."""

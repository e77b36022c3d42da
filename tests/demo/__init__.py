"""The demo: what it makes besides its history."""

"""The demo: a believable Nordic company whose two years of history come from running the billing path itself."""

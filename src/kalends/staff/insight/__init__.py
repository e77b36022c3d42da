"""Analytics: ready-made reports as pages, with the records behind every figure."""

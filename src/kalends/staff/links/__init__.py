"""Payment links as staff make, change and share them."""

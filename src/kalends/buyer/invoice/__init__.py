"""An invoice's own page: to read, to download, and to pay."""

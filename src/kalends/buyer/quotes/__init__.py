"""A quote's own page: to read, to download, to accept or sign, and to pay."""

"""Parts of forms that several pages ask: an address as its country writes it, a phone number, a tax number."""

"""Buying at a payment link or a quote: the page that is filled in, the wait, and the receipt."""

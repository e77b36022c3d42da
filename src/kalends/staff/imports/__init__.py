"""Imports as staff start them, say what the columns are, rehearse, run and undo them."""

"""Exports as staff ask for them, watch them and fetch them."""

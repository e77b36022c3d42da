"""Segments: named groups of records of one object, kept up to date by a filter, or made by hand."""

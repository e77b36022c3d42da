"""Workflows: what happens by itself to the records of an object when something is true, occurs, or falls due.

A workflow never moves money: it reaches no service that does, and writes no property by which billing is decided
(docs/decisions/0035).
"""

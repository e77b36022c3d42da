"""Proof by trouble: real processes that bill are killed again and again, and the books are compared with quiet ones."""

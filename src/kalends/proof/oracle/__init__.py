"""The rules of billing a second time: slow, obvious, and written differently from ``kalends.core`` on purpose.

Nothing here imports a rule that it is there to check (an import contract sees to that). Dates are counted month by
month as a person would on a wall calendar, money is Fractions, and rounding compares distances.
"""

"""Payment processors: what Kalends asks of them (``interface``) and the one that lives in the house (``sandbox``).

Business code imports :mod:`kalends.payments.processors.interface` only; which processor stands behind it is
decided by an account's settings, in the faces.
"""

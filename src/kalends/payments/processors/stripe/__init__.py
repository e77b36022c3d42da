"""Stripe behind the same interface as the sandbox: our schedule and our books, Stripe's money movements.

No subscription, no invoice and no schedule is made at Stripe. Cards and bank accounts are given on Stripe's own pages.
"""

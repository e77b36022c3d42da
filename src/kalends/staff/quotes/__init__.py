"""Quotes for staff: made of a deal, and changed while they are drafts."""

"""The worker: billing by the clock, letters, and cleaning, in every account."""

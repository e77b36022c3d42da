"""The worker: billing by the clock, letters, webhooks, and cleaning, in every account."""

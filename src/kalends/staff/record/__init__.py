"""Record pages: one engine for all objects, from the catalogue, with the middle that each object has of its own."""

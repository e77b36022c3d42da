"""A seeded world that tries to break the billing path, and checks that believe nothing it says."""

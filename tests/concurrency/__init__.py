"""Many at once: schedulers, workers, people and programs over the same records."""

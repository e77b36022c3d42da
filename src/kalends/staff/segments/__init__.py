"""Pages of segments: the list of them, the members of one, and how one is made, changed and deleted."""

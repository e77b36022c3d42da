"""How an installation is doing: health, figures, metrics, the processes that work in it, and what wants attention."""

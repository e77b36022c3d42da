"""Documents that customers keep: what stands on them, and the page that is printed."""

"""Settings: what an account decides for itself, who works in it, what its records hold, and which programs come in."""

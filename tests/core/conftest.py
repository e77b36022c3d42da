"""Settings of the property tests of the rules."""

from hypothesis import settings

# No example fails for being slow: how fast a rule runs on a busy machine says nothing of whether it is right.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")

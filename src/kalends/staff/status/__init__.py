"""The status page: how the account and the installation are doing, and what to do where something is wrong."""

"""Measurements that anyone can repeat: always beside a floor measured in the same run, never a lone time."""

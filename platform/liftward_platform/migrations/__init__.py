"""Numbered SQL, forward only, applied in order under an advisory lock; `timescale/` apart."""

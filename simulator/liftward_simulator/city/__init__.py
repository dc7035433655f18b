"""The registry of a synthetic city: who and what there is, and where."""

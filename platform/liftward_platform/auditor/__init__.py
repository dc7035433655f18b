"""The independent checker: re-derives what should have happened and complains if it did not."""

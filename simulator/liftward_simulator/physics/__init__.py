"""Cars that move, doors that cycle, people who come and go. Knows nothing of faults or messages."""

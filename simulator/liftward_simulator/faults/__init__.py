"""What goes wrong, what looks as if it did, and the people it happens to. Knows no messages."""

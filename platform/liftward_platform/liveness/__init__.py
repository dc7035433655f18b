"""What silence means: read what the gateway believes of devices and lifts. Writes nothing."""

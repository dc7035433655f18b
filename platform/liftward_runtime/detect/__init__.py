"""Detection away from brokers and databases: on a trace file, and scored on simulated cities."""

"""Liveness: what silence means. One belief for each device, live, quiet or dark, and why."""

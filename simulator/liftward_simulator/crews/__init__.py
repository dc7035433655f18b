"""Rescue crews and the desk at work through the platform's HTTP API, as people would be."""

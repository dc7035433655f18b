"""Runs the parts: the `liftward` command, embedded PostgreSQL and broker, supervision, the demo.

The only package that knows all the others; it starts them as processes.
"""

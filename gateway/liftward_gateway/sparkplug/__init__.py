"""Sparkplug B nodes: what they are born with, which message repeats another, and what is stored.

The same messages come to both paths. The telemetry path makes samples of them, the event path
alarms, faults and births; each keeps its own state of a node, in the transaction of its own rows.
"""

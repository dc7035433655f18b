"""Sparkplug B on the wire: its topics, its payload, and its metrics in our words.

Values only. Who is born, what an alias means now and which message repeats another is state, and
the gateway's.
"""

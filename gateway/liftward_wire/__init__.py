"""The contract liftward/v1: topics, messages, codecs, code tables, profiles of other standards.

Everything that crosses a process boundary over MQTT is defined here and nowhere else. Imports
nothing of ours; knows no broker, no database and no clock.
"""

"""The gateway worker: takes messages from the broker, and acknowledges what it has committed.

Pure: registry, admit, sequence, batch, prepare, copy_format. Edges: mqtt (subscribe, acknowledge)
and writer (one transaction). Must not know incidents, crews or HTTP.
"""

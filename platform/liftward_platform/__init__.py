"""The platform: incidents, rescue, notifications, ledger, quality, access, engine and API.

Vertical slices; inside each `api, engine -> service -> store -> database`. A slice calls another
slice's service, never its store.
"""

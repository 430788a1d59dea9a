"""The other end of each wire, written apart: servers that speak the channels' real protocols.

Runs as a role of its own, on its own port, with tables in the schema `sandbox`.
Never imports payments.channels.
"""

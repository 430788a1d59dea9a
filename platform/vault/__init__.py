"""Sealed fields: values that the database holds and cannot read.

Owns data keys (one a merchant, wrapped by the rotating master key), sealing, and keyed fingerprints.
Never writes a plain value anywhere, and never decides who may see one.
"""

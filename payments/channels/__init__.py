"""Adapters: one file a channel. They speak the wire; they know no order, no ledger, no database row."""

"""Formats of dates in the back office, the same in both languages."""

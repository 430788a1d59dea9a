"""Entrances for programs: what channels send."""

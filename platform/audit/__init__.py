"""Who did what to which, from where, why: append-only."""

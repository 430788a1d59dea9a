"""One table of addresses a role."""

"""The pages below `/my/` that need no orders: signing in, consents, settings."""

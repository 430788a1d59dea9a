"""The verbs of risk; each module is about one noun and owns its transaction."""

"""The verbs of the vault that change keys."""

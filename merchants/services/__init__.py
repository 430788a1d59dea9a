"""The verbs of merchants, a noun a file."""

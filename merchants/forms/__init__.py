"""Forms of the dashboard, a noun a file."""

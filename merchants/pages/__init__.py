"""The merchant's dashboard: whose desk a request comes to, and the pages about what is sold."""

"""The API's endpoints about what is sold, and how it knows its callers."""

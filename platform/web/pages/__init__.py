"""Pages that belong to no other app: errors and the style guide."""

"""The pages of settlement on the merchant's desk."""

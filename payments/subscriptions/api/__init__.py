"""Subscriptions by API: started, changed, ended; their invoices, mandates and rules; recurring revenue."""

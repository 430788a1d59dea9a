"""What HTTP faces share: problem+json, the one HTTP client, components of pages, languages and themes.

Never knows a merchant or an order.
"""

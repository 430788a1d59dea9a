"""Who sells what: users, merchants and their twins, members, stores, products, prices, stock.

Never knows orders or payments: stock is reserved for a bare id that a higher app names.
"""

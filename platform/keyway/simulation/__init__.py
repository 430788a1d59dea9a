"""A month of trade, played through the real services in the moments that it tells of.

`world` opens the shops, `plan` throws the dice, `month` lets it happen day by day, `bank` carries the money
out. What buyers paid and got back stands in the diary, apart from the ledger, so that one can be added up
against the other.
"""

"""What settlement does.

bank_accounts   where a merchant is paid: added, confirmed, retired
rail_accounts   the platform's connections to banks
cycles          close → statement → payout drafted, each step by itself
statements      a statement made, and its lines read
payouts         drafted, approved by two, refused, called off
moves           what every move of a payout has in common
transfers       sent, asked about, concluded
permits         whether the platform may pay a merchant out
"""

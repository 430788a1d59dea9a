"""The other end of each wire, written apart: servers that speak the channels' real protocols.

Runs as a role of its own, on its own port, with tables in the schema `sandbox` and no key to Keyway's own.

alipay        the open platform: gateway, wallet, notifications
bank          a bank that pays out: transfers under the client's number
notifier      sends what is due, in threads of the role's process
pages         the cashier for buyers; desk, mailbox and control for whoever plays or tests, not in production
mail          the mailbox for places without a mail server

Never imports payments.channels: one end of a wire cannot hide the other's mistake.
"""

"""The sandbox's faces: the gateway, the cashier, the desk, the mailbox, and the control that tests use."""

"""The verbs of the outbox behind the sale."""

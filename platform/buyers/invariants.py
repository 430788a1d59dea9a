"""What must always hold of buyers, over raw rows."""

from ledger.auditor import Invariant

INVARIANTS = (
    Invariant(
        "buyers.forgotten",
        "Of an erased buyer neither address nor fingerprint nor keys are left.",
        """
        SELECT b.id FROM buyers_buyer b WHERE b.erased_at IS NOT NULL AND (
            b.email <> '' OR b.email_key IS NOT NULL
            OR EXISTS (SELECT FROM buyers_formeremail f WHERE f.buyer_id = b.id)
            OR EXISTS (SELECT FROM vault_data_key k WHERE k.owner = b.id))
        """,
    ),
    Invariant(
        "buyers.words",
        "A consent names words of its own kind, and the words are what their digest says.",
        """
        SELECT c.id FROM buyers_consent c JOIN buyers_consenttext t ON t.id = c.text_id
        WHERE t.kind <> c.kind OR t.sha256 <> sha256(convert_to(t.text, 'UTF8'))
        """,
    ),
)

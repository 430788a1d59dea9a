"""The proof that an operator is at the keyboard: a second factor, shown just now."""

from dataclasses import dataclass
from datetime import datetime

from .errors import ProofTooOld
from .limits import PROOF_AGE


@dataclass(frozen=True, slots=True)
class Proof:
    """`at` is when the code was shown, by the server's clock. Only whoever verified the code makes one."""

    at: datetime

    def require_fresh(self, now: datetime) -> None:
        """Raise ProofTooOld unless the code was shown within the last five minutes."""
        if not now - PROOF_AGE <= self.at <= now:
            raise ProofTooOld

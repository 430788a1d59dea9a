"""Sealed fields: values that the database holds and cannot read.

Owns data keys (each owner has its own, wrapped by the rotating master key), sealing, and keyed fingerprints.
Never writes a plain value anywhere, and never decides who may see one.

masters    the keys of the environment, which wrap the others
keyrings   the keys of one owner, unwrapped and cached
sealing    seal, open, fingerprint, sealer
services   rotation
"""

from .keyrings import PLATFORM, destroy, forget
from .sealing import Sealer, fingerprint, open, seal, sealer

__all__ = ["PLATFORM", "Sealer", "destroy", "fingerprint", "forget", "open", "seal", "sealer"]

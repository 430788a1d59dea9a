"""Uploads that never lie on a disk in plain text, not even for the length of a request.

Django would write a large file to a temporary one as it comes. Here each piece is sealed first, under a key
that lives in this request's memory only.
"""

import os
import struct
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from ..decoding import LIMITS

_LENGTH = struct.Struct(">I")
_NONCE_BYTES = 12


class SealedFile:
    """A temporary file of sealed pieces. Its key dies with the object."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 (closed by close)
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Add a piece."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, piece, None)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self.size += len(piece)

    def blocks(self) -> Iterator[bytes]:
        """The pieces from the first, opened."""
        self._file.seek(0)
        while head := self._file.read(_LENGTH.size):
            sealed = self._file.read(_LENGTH.unpack(head)[0])
            yield self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)

    def close(self) -> None:
        """Give the file back to the system."""
        self._file.close()


if TYPE_CHECKING:
    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile


class SealedUpload(_UploadedFile):
    """What a form's file field gets."""

    def __init__(self, sealed: SealedFile, name: str | None, content_type: str | None) -> None:
        super().__init__(file=None, name=name, content_type=content_type, size=sealed.size)
        self._sealed = sealed

    def blocks(self) -> Iterator[bytes]:
        """The upload's bytes, from the start as often as it is called."""
        return self._sealed.blocks()

    def close(self) -> None:
        """Django calls this at the end of the request."""
        self._sealed.close()


class SealingHandler(FileUploadHandler):
    """Takes a file in, sealed. Raises UploadTooLarge as soon as it is, without reading the rest."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        self._sealed = SealedFile()

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> None:
        """Seal a piece; giving nothing on says that no other handler sees it."""
        if self._sealed.size + len(raw_data) > LIMITS.most_bytes:
            self._sealed.close()
            raise LIMITS.exceeded()
        self._sealed.write(raw_data)

    def file_complete(self, _file_size: int) -> SealedUpload:
        """The file is whole."""
        return SealedUpload(self._sealed, self.file_name, self.content_type)

    def upload_interrupted(self) -> None:
        """The connection broke."""
        self._sealed.close()

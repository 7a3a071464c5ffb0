"""Random texts that open doors, and the digest we keep of them."""

import hashlib
import secrets
import string
from typing import Final

_LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits
# 62 ** 43 is a little more than 2 ** 256: as hard to guess as 32 random bytes, without `-` and `_` that would blur the parts of a key.
SECRET_LENGTH: Final = 43


def random_secret() -> str:
    """A secret of letters and digits worth 256 bits."""
    return random_text(SECRET_LENGTH)


def random_text(length: int) -> str:
    """Letters and digits from the system's random source."""
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(length))


def digest_of(text: str) -> str:
    """SHA-256 in hex. Enough for random secrets (nothing to guess); passwords take Argon2 instead."""
    return hashlib.sha256(text.encode()).hexdigest()

"""The key under which the text of a definition is stored: equal texts share one."""

from __future__ import annotations

import hashlib


def definition_key(text: str) -> str:
    """Return the SHA-256 of the text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

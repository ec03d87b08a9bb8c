"""Sealing of fields at rest: AES-GCM under a named key, and a keyed index for look-up.

FIELD_KEYS is ``id:base64[,id:base64…]``; the first key seals, all of them open, so a key can be rotated in. The index
key is derived from the *last* key of the list (the oldest), because an index must not change when a key is added.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app


class CannotOpen(ValueError):
    """The sealed text is damaged, or its key is not in FIELD_KEYS."""


@lru_cache(maxsize=8)
def _keys(field_keys: str) -> dict[str, bytes]:
    keys = {}
    for part in field_keys.split(","):
        key_id, _, encoded = part.strip().partition(":")
        keys[key_id] = base64.b64decode(encoded)
        if len(keys[key_id]) != 32:
            raise ValueError(f"FIELD_KEYS: key {key_id} is not 32 bytes long")
    return keys


def seal(text: str) -> str:
    """``text`` under the current key, as ``id.nonce+ciphertext``."""
    keys = _keys(current_app.config["FIELD_KEYS"])
    key_id = next(iter(keys))
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(keys[key_id]).encrypt(nonce, text.encode(), key_id.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def open_sealed(sealed: str) -> str:
    """The text that ``seal`` was given. Raises CannotOpen."""
    key_id, _, encoded = sealed.partition(".")
    try:
        raw = base64.urlsafe_b64decode(encoded)
        key = _keys(current_app.config["FIELD_KEYS"])[key_id]
        return AESGCM(key).decrypt(raw[:12], raw[12:], key_id.encode()).decode()
    except Exception as error:
        raise CannotOpen("sealed text cannot be opened") from error


def keyed_index(text: str) -> str:
    """64 hexadecimal characters: equal for equal texts, telling nothing without the key."""
    keys = _keys(current_app.config["FIELD_KEYS"])
    oldest = list(keys.values())[-1]
    return hmac.new(hashlib.sha256(b"index" + oldest).digest(), text.encode(), "sha256").hexdigest()

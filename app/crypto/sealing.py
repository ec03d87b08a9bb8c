"""Sealing of fields at rest: AES-GCM under a named key, and a keyed index for look-up.

FIELD_KEYS is ``id:base64[,id:base64…]``; the first key seals and makes indexes, all of them open and are looked up by, so
a key can be rotated in. ``flask portal keys rotate`` then brings what is kept under the first key.
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
    """64 hexadecimal characters: equal for equal texts under one key, telling nothing without it. For what is written."""
    return keyed_indexes(text)[0]


def keyed_indexes(text: str) -> tuple[str, ...]:
    """The index under every key, the present one first. For look-up: a row may be from before the last rotation."""
    keys = _keys(current_app.config["FIELD_KEYS"]).values()
    return tuple(hmac.new(hashlib.sha256(b"index" + key).digest(), text.encode(), "sha256").hexdigest() for key in keys)


def present_key_id() -> str:
    """The name of the key that seals now."""
    return next(iter(_keys(current_app.config["FIELD_KEYS"])))


def keyed_mac(purpose: str, content: bytes, key_id: str) -> str:
    """HMAC-SHA256 as 64 hexadecimal characters, under a key of its own for each ``purpose``. Raises CannotOpen."""
    key = _keys(current_app.config["FIELD_KEYS"]).get(key_id)
    if key is None:
        raise CannotOpen(f"the key {key_id} is not in FIELD_KEYS")
    return hmac.new(_derived(purpose, key), content, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _derived(purpose: str, key: bytes) -> bytes:
    return hmac.new(key, purpose.encode(), "sha256").digest()

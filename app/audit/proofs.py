"""The keyed hashes of the audit log: the proof that every entry carries, the links of the chain, and the head's MAC.

All are HMAC-SHA256 under keys derived from FIELD_KEYS (app.crypto), named by the key's id: who can write into the
database but does not hold the keys can make none of them.
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC
from typing import Any

from app.crypto.sealing import keyed_mac, present_key_id

_CONTENT = (
    "account_id",
    "username",
    "roles",
    "action",
    "object_id",
    "school_id",
    "student_id",
    "address",
    "detail",
)


def content_of(entry: Any) -> list[Any]:
    """What an entry says, without its number: the same list for the same entry on every database."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return [at, *(getattr(entry, name) for name in _CONTENT)]


def prove(entry: Any) -> str:
    """``key.nonce.mac`` for a new entry whose columns are filled in."""
    key_id, nonce = present_key_id(), secrets.token_hex(8)
    return f"{key_id}.{nonce}.{_mac('audit entry', [nonce, *content_of(entry)], key_id)}"


def is_proved(entry: Any) -> bool:
    """Whether the portal wrote this entry as it stands. Raises CannotOpen when the key is no longer in FIELD_KEYS."""
    key_id, _, rest = entry.proof.partition(".")
    nonce, _, mac = rest.partition(".")
    if not mac:
        return False
    return hmac.compare_digest(mac, _mac("audit entry", [nonce, *content_of(entry)], key_id))


def link_hash(number: int, before: str, entry: Any, key_id: str) -> str:
    """The hash of link ``number`` over ``entry`` and the hash of the link before."""
    return _mac("audit chain", [number, before, entry.id, *content_of(entry), entry.proof], key_id)


_HEAD = ("number", "hash", "settled_id", "anchor_number", "anchor_hash", "unproved_id")


def seal_head(head: Any) -> None:
    """Put the MAC under what the head says now."""
    head.key_id = present_key_id()
    head.mac = _mac("audit head", [getattr(head, name) for name in _HEAD], head.key_id)


def is_head_genuine(head: Any) -> bool:
    """A head of a chain that has not begun carries no MAC. Raises CannotOpen."""
    if not head.mac:
        return head.number == head.anchor_number == head.settled_id == 0
    return hmac.compare_digest(head.mac, _mac("audit head", [getattr(head, name) for name in _HEAD], head.key_id))


def _mac(purpose: str, content: list[Any], key_id: str) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return keyed_mac(purpose, text.encode("utf-8", "surrogatepass"), key_id)

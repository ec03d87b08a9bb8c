"""SMS as files, for development: ``*.sms.json`` with ``to``, ``text``, ``sent_at``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.model_types import now
from app.notifications.transports import Unreachable
from app.notifications.transports.files import write_whole


class SmsFiles:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> SmsFiles:
        return cls(Path(settings["OUTBOX_DIR"]))

    def send(self, to: str, text: str, key: str) -> None:
        content = {"to": to, "text": text, "sent_at": now().isoformat()}
        try:
            write_whole(self.folder, f"{key}.sms.json", json.dumps(content, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise Unreachable(f"file: {type(error).__name__}") from error

    def close(self) -> None:
        return

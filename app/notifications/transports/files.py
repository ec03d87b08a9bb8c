"""Writing a message as a file: whole or not at all, and never twice under two names."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Put ``content`` under ``folder``/``name`` by renaming, so that nobody reads half a letter."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{os.getpid()}.part"
    with unfinished.open("wb") as file:
        file.write(content)
    unfinished.replace(folder / name)

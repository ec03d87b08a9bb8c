"""The digits spoken, for those who cannot see the picture: shipped recordings, joined with pauses under soft noise."""

from __future__ import annotations

import array
import random
import sys
import wave
from functools import cache
from io import BytesIO
from pathlib import Path

RATE = 11_025
VOICES = frozenset({"zh", "en", "vi", "id"})
_FOLDER = Path(__file__).with_name("digits")
_NOISE = 420
_chance = random.SystemRandom()


@cache
def _spoken(language: str) -> tuple[array.array[int], ...]:
    return tuple(_read(_FOLDER / f"{language}-{digit}.wav") for digit in range(10))


def _read(path: Path) -> array.array[int]:
    samples = array.array("h")
    with wave.open(str(path), "rb") as file:
        samples.frombytes(file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def speak(digits: str, language: str) -> bytes:
    """A WAV of the digits, in Mandarin unless ``language`` is one of ``VOICES``; pace, pauses and noise always differ."""
    voice = _spoken(language if language in VOICES else "zh")
    sound = array.array("h", bytes(2 * _pause()))
    for digit in digits:
        sound.extend(_at_another_pace(voice[int(digit)]))
        sound.extend(array.array("h", bytes(2 * _pause())))
    return _wav(_under_noise(sound))


def _pause() -> int:
    return int(RATE * _chance.uniform(0.35, 0.6))


def _at_another_pace(samples: array.array[int]) -> array.array[int]:
    """A little slower or faster, so that the recordings cannot be found again byte by byte."""
    step = _chance.uniform(0.93, 1.05)
    return array.array("h", (samples[int(index * step)] for index in range(int(len(samples) / step))))


def _under_noise(sound: array.array[int]) -> array.array[int]:
    noise = array.array("b", _chance.randbytes(len(sound)))
    return array.array("h", (value + hiss * _NOISE // 128 for value, hiss in zip(sound, noise, strict=True)))


def _wav(sound: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        sound.byteswap()
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes())
    return content.getvalue()

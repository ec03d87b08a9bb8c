"""The picture of the digits."""

from __future__ import annotations

import secrets
from io import BytesIO

from captcha.image import ImageCaptcha
from PIL.ImageFilter import SMOOTH

_PAPER = (247, 246, 242)
_INKS = ((27, 37, 48), (29, 84, 150), (64, 56, 155), (12, 97, 112), (120, 60, 30))
_picture = ImageCaptcha(width=400, height=112, font_sizes=(80, 86, 92))
_picture.character_rotate = (-22, 22)
_picture.word_space_probability = 0.3
_picture.word_offset_dx = 0.1
_picture.lookup_table = [min(255, brightness * 7) for brightness in range(256)]
"""Dark inks stay dark: people have to read them (contrast at least 4.5 : 1)."""


def draw(digits: str) -> bytes:
    """A PNG of 400 × 112 points, which the macro ``captcha`` shows at half the size: sharp on phones too."""
    ink = secrets.choice(_INKS)
    image = _picture.create_captcha_image(digits, ink, _PAPER)
    _picture.create_noise_dots(image, ink, width=4, number=30)
    for _ in range(4):
        _picture.create_noise_curve(image, ink)
    png, image = BytesIO(), image.filter(SMOOTH).quantize(32)
    image.save(png, "PNG", optimize=True)
    return png.getvalue()

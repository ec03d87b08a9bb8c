"""The picture of the digits."""

from __future__ import annotations

import secrets
from io import BytesIO

from captcha.image import ImageCaptcha

_PAPER = (247, 246, 242)
_INKS = ((27, 37, 48), (29, 84, 150), (64, 56, 155), (12, 97, 112), (120, 60, 30))
_picture = ImageCaptcha(width=200, height=56, font_sizes=(36, 40, 44))
_picture.character_rotate = (-22, 22)


def draw(digits: str) -> bytes:
    """A PNG of 200 × 56 points, as the macro ``captcha`` shows it; drawn differently every time."""
    ink = secrets.choice(_INKS)
    image = _picture.create_captcha_image(digits, ink, _PAPER)
    _picture.create_noise_dots(image, ink, width=2, number=24)
    _picture.create_noise_curve(image, ink)
    _picture.create_noise_curve(image, ink)
    png = BytesIO()
    image.save(png, "PNG")
    return png.getvalue()

"""圖像識別碼 in a form: ``class SomeForm(CaptchaMixin, PortalForm): … captcha = CaptchaField("scene")``.

Shown by the macro ``captcha`` of layouts/_fields.html.
"""

from __future__ import annotations

from typing import Any, cast

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, StringField
from wtforms.validators import StopValidation

from app.captcha import challenges, work


class CaptchaField(StringField):
    """Wrong, late or used digits are an error beside the field; the form then shows a new picture.

    In place of the digits the form may bring what the browser has computed, in a hidden field beside it (app.captcha.work).
    """

    computed = ""

    def __init__(self, scene: str, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label if label is not None else _l("Verification code (picture)"), **kwargs)
        self.scene = scene

    @property
    def number(self) -> str:
        """Which picture the form shows; makes one when the session has none for the scene."""
        return challenges.current(self.scene).number

    @property
    def computed_name(self) -> str:
        return f"{self.name}_work"

    @property
    def offers_work(self) -> bool:
        return work.is_offered()

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        self.computed = formdata.get(self.computed_name, "") if formdata else ""

    def _value(self) -> str:
        return ""

    def pre_validate(self, form: Any) -> None:
        if self.computed:
            task = work.find(self.scene)
            if not challenges.use_up(self.scene) or task is None or not task.is_done_by(self.computed):
                raise StopValidation(
                    _("Your device has to compute again: its answer was used or is too old. Or type the digits.")
                )
        elif not challenges.is_right(self.scene, self.data or ""):
            raise StopValidation(_("These are not the digits of the picture. Please type those of the new one."))


class CaptchaMixin:
    """For a form with a field ``captcha``; stands before the form's base class.

    換一張 without scripts sends the form with ``renew_captcha``: it is then neither valid nor wrong, and is shown again
    with a new picture and all that was typed (passwords excepted: browsers never get those back).
    """

    captcha: CaptchaField

    @property
    def asks_for_another_picture(self) -> bool:
        return request.method == "POST" and "renew_captcha" in request.form

    def validate(self, extra_validators: Any = None) -> bool:
        if self.asks_for_another_picture:
            challenges.renew(self.captcha.scene)
            return False
        return cast(Form, super()).validate(extra_validators)

"""The fields that /styleguide shows; nothing is ever sent."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, StringField

from app.captcha.fields import CaptchaField
from app.web.forms import PortalForm


class SampleForm(PortalForm):
    full_name = StringField("姓名", description="與身分證相同")
    email = StringField("電子信箱")
    relation = SelectField("關係", choices=[("mother", "母親"), ("father", "父親")])
    number = StringField("證號號碼")
    stays = BooleanField("在這台裝置保持登入")
    captcha = CaptchaField("styleguide", "圖像識別碼")

"""The base of our forms: WTForms' own messages come from our catalogues, in the reader's language.

Flask-WTF looks for ``zh_Hant_TW`` among WTForms' languages, finds nothing and falls back to English; it also reads the
file anew for every form.
"""

from __future__ import annotations

from typing import Any

from flask_babel import get_translations
from flask_wtf import FlaskForm

from app.crypto.masking import MaskedFormToken


class Words:
    """What WTForms asks for its messages; it fills in the numbers itself."""

    def gettext(self, text: str) -> str:
        return str(get_translations().ugettext(text))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return str(get_translations().ungettext(singular, plural, number))


class PortalForm(FlaskForm):
    """A form of ours. Five to fifteen lines: fields, and rules across fields in ``validate_…``."""

    class Meta(FlaskForm.Meta):
        csrf_class = MaskedFormToken

        def get_translations(self, form: Any) -> Words:
            return Words()

"""The standing texts of the portal: privacy, security, accessibility."""
# ruff: noqa: E501 (a msgid is one line)

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l


class Topic(NamedTuple):
    title: Any
    paragraphs: tuple[Any, ...]


TOPICS: dict[str, Topic] = {
    "privacy": Topic(
        _l("Privacy policy"),
        (
            _l(
                "The portal keeps what you enter to run your account and to tie you to your child: name, identity number, birth date, mailbox and mobile number."
            ),
            _l(
                "Identity numbers are stored encrypted and shown masked. Only you, and those at your child's school whose office needs it, see what concerns your child."
            ),
            _l("You may read and correct your data under «My basic data», and ask the service desk to close your account."),
        ),
    ),
    "security": Topic(
        _l("Information security policy"),
        (
            _l(
                "Five failed sign-ins lock an account for 15 minutes. A session ends after 30 minutes without use and after 12 hours at the latest."
            ),
            _l(
                "Nobody from the portal will ever ask for your password. If a letter or SMS does, please call the service desk."
            ),
        ),
    ),
    "accessibility": Topic(
        _l("Accessibility"),
        (
            _l(
                "Every page works by keyboard alone, with a screen reader, enlarged to 400 % and on a phone. The verification code can be listened to."
            ),
            _l("If something hinders you, please call the service desk: we mend it."),
        ),
    ),
}

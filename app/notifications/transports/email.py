"""Letters: by SMTP through Flask-Mail, or as ``*.eml`` files in development where no MAIL_SERVER is set."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Protocol

import css_inline
from flask import current_app
from flask_mail import BadHeaderError, Connection, Message

from app.notifications.transports import Refused, TryLater, Unreachable
from app.notifications.transports.files import write_whole

_INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)


class LetterTransport(Protocol):
    """Sends one letter after the other; ``close`` when there are no more."""

    def send(self, to: str, content: Mapping[str, str], key: str) -> None:
        """Send, or raise a DeliveryProblem. ``key`` is the same for every attempt at the same letter."""

    def close(self) -> None: ...


def letter_transport(settings: Mapping[str, Any]) -> LetterTransport:
    """What the settings ask for: SMTP where there is a MAIL_SERVER, else files."""
    if settings["MAIL_SERVER"]:
        return SmtpTransport(settings["MAIL_TIMEOUT"])
    return LetterFiles(Path(settings["OUTBOX_DIR"]))


def letter(to: str, content: Mapping[str, str], key: str) -> Message:
    """The letter as Flask-Mail writes it. The same key gives the same Message-ID, so that a second copy is known as one."""
    message = Message(
        subject=content["subject"],
        recipients=[to],
        body=content["text"],
        html=_INLINER.inline(content["html"]),
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    domain = parseaddr(str(message.sender))[1].rpartition("@")[2] or "portal.invalid"
    message.msgId = f"<{key}@{domain}>"
    return message


class PatientConnection(Connection):
    """Flask-Mail's connection with what it lacks: a time-out on every step and a checked certificate."""

    def __init__(self, timeout: float) -> None:
        super().__init__(current_app.extensions["mail"])
        self.timeout = timeout

    def configure_host(self) -> smtplib.SMTP:
        mail = self.mail
        context = ssl.create_default_context()
        if mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(mail.server, mail.port, timeout=self.timeout, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=self.timeout)
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host


class SmtpTransport:
    """One connection for all letters of a round; opened with the first letter, opened anew after a fault."""

    def __init__(self, timeout: float) -> None:
        self.connection = PatientConnection(timeout)

    def send(self, to: str, content: Mapping[str, str], key: str) -> None:
        try:
            if self.connection.host is None:
                self.connection.host = self.connection.configure_host()
            self.connection.send(letter(to, content, key))
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            self._forget()
            raise (Refused if code >= 500 else TryLater)(f"SMTP {code}: receiver") from error
        except smtplib.SMTPDataError as error:
            self._forget()
            raise (Refused if error.smtp_code >= 500 else TryLater)(f"SMTP {error.smtp_code}: content") from error
        except smtplib.SMTPResponseException as error:
            self._forget()
            raise Unreachable(f"SMTP {error.smtp_code}: {type(error).__name__}") from error
        except (OSError, smtplib.SMTPException) as error:
            self._forget()
            raise Unreachable(f"SMTP: {type(error).__name__}") from error
        except (BadHeaderError, UnicodeError) as error:
            raise Refused(f"letter: {type(error).__name__}") from error

    def _forget(self) -> None:
        if self.connection.host is not None:
            self.connection.host.close()
            self.connection.host = None

    def close(self) -> None:
        host = self.connection.host
        if host is None:
            return
        try:
            host.quit()
        except (OSError, smtplib.SMTPException):
            host.close()
        self.connection.host = None


class LetterFiles:
    """Development: every letter is a file that a mail program opens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, to: str, content: Mapping[str, str], key: str) -> None:
        try:
            write_whole(self.folder, f"{key}.eml", letter(to, content, key).as_bytes())
        except OSError as error:
            raise Unreachable(f"file: {type(error).__name__}") from error

    def close(self) -> None:
        return

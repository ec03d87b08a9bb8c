"""The one way out for a file: its row is loaded within the reader's scope first (B4.5), and the scanner has passed it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from flask import Response, abort, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wsgi import wrap_file

from app.access.loading import get_or_404
from app.attachments.checks import clean_name
from app.attachments.models import Attachment, ScanState
from app.attachments.storage import FileMissing, storage
from app.audit.reading import record_reading
from app.web.base_views import PortalView, acting_account

log = structlog.get_logger(__name__)


class AttachmentsView(PortalView):
    route_base = "/attachments"
    default_view = "download"
    class_permission_name = "Attachments"

    @expose("/<int:attachment_id>", methods=["GET"])
    @has_access
    @permission_name("open")
    def download(self, attachment_id: int) -> Any:
        attachment = get_or_404(Attachment, attachment_id, Attachment.scan_state == ScanState.PASSED)
        try:
            stream = storage().open(attachment.storage_key)
        except FileMissing:
            log.error("file_missing", attachment=attachment.id)
            abort(404)
        answer = Response(wrap_file(request.environ, stream), content_type=attachment.content_type, direct_passthrough=True)
        answer.content_length = attachment.size
        # attachment and sandbox: whatever it holds, no browser shows it as a page of this portal
        answer.headers.set("Content-Disposition", "attachment", **_names(attachment.original_name))
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        record_reading(acting_account(), "download.attachment", object_id=attachment.id, school_id=attachment.school_id)
        return answer


def _names(name: str) -> dict[str, str]:
    """The name for old readers in ASCII, and the whole of it by RFC 5987; cleaned again, a header must not break."""
    name = clean_name(name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    if plain == name:
        return {"filename": name}
    return {"filename": plain, "filename*": "UTF-8''" + quote(name, safe="")}

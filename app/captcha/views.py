"""圖像識別碼 as a picture, as sound and as a task for the browser; 換一張 as a call of portal.js."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify
from flask_appbuilder import expose
from flask_babel import get_locale

from app.captcha import challenges, work
from app.captcha.drawing import draw
from app.captcha.speaking import speak
from app.web.base_views import PortalView


class CaptchaView(PortalView):
    route_base = "/captcha"
    default_view = "picture"

    @expose("/<scene>.png", methods=["GET"])
    def picture(self, scene: str) -> Response:
        return Response(draw(_challenge_or_404(scene).digits), mimetype="image/png")

    @expose("/<scene>.wav", methods=["GET"])
    def sound(self, scene: str) -> Response:
        locale = get_locale()
        return Response(speak(_challenge_or_404(scene).digits, locale.language if locale else "zh"), mimetype="audio/wav")

    @expose("/<scene>/renew", methods=["POST"])
    def renew(self, scene: str) -> Response:
        _challenge_or_404(scene)
        challenges.renew(scene)
        return Response(status=204)

    @expose("/<scene>/work", methods=["POST"])
    def work(self, scene: str) -> Any:
        """A task for captcha-worker.js. How far it is done only the browser knows until the form is sent."""
        if not work.is_offered() or not challenges.is_known(scene):
            abort(404)
        task = work.begin(scene)
        seconds = round(challenges.LIFE.total_seconds())
        return jsonify(challenge=task.challenge, parts=work.PARTS, bits=task.bits, seconds=seconds)


def _challenge_or_404(scene: str) -> challenges.Challenge:
    """The digits of a scene whose form this session has been shown; late ones are made anew."""
    if not challenges.is_known(scene):
        abort(404)
    return challenges.find(scene) or challenges.renew(scene)

"""圖像識別碼 as a picture and as sound."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose

from app.web.base_views import PortalView


class CaptchaView(PortalView):
    route_base = "/captcha"
    default_view = "picture"

    @expose("/<scene>.png", methods=["GET"])
    def picture(self, scene: str) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/<scene>.wav", methods=["GET"])
    def sound(self, scene: str) -> Any:
        return self.render("layouts/public.html", surface="portal")

    @expose("/<scene>/renew", methods=["POST"])
    def renew(self, scene: str) -> Any:
        return self.render("layouts/public.html", surface="portal")

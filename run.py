"""``python run.py``: the portal on this machine, ready to look at. See README for what it prints.

Makes the database, loads the demo schools on the first start, then runs the web server and the outbox worker.
"""

from __future__ import annotations

from app import create_app

flask_app = create_app()

if __name__ == "__main__":
    flask_app.run(host=flask_app.config["HOST"], port=flask_app.config["PORT"])

"""How gunicorn serves the pages of a small installation."""

from __future__ import annotations

from typing import Any

workers = 2
threads = 4
preload_app = True  # both processes share what the first one loaded
graceful_timeout = 5
limit_request_line = 8190  # mail gateways lengthen links
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Load every page's code, and what reads comments, before the first request needs it."""
    from django.urls import reverse

    from surveys.engine.sentiment import score_comment

    reverse("sign-in")
    score_comment("Works again, thank you.")

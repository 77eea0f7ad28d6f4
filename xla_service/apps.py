"""The wiring as a Django app: templates, static files, checks and the commands that start processes."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Registers the system checks and the Celery application that web processes wake workers through."""

    name = "xla_service"
    label = "wiring"

    def ready(self) -> None:
        """Load what registers itself."""
        from xla_service import celery, checks, sweeps  # noqa: F401  (register on import)

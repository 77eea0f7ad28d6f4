"""The wiring as a Django app: templates, static files, checks and the commands that start processes."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Registers the system checks."""

    name = "xla_service"
    label = "wiring"

    def ready(self) -> None:
        """Load the checks, which register themselves."""
        from xla_service import checks  # noqa: F401  (registers on import)

"""The app that asks: tickets in, invitations out, answers back."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """Catalogue, tickets, surveys, asking and answers."""

    name = "surveys"

    def ready(self) -> None:
        """Load what registers itself."""
        from surveys import checks  # noqa: F401  (register on import)

"""The app that judges: evidence, agreements, results and gaps."""

from django.apps import AppConfig


class ExperienceConfig(AppConfig):
    """Signals, evidence, agreements, measurements and gaps."""

    name = "experience"
    default_auto_field = "django.db.models.BigAutoField"

"""The app that asks: tickets in, invitations out, answers back."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    """Catalogue, tickets, surveys, asking and answers."""

    name = "surveys"
    default_auto_field = "django.db.models.BigAutoField"

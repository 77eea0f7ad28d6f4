"""Addresses of the judging side."""

from django.urls import URLPattern, path

from experience.api.signals import SignalsView
from experience.views.gaps import acknowledge, dismiss
from experience.views.portfolio import portfolio
from experience.views.service import answers, service

urlpatterns: list[URLPattern] = [
    path("api/v1/signals/", SignalsView.as_view(), name="signals"),
    path("", portfolio, name="portfolio"),
    path("services/<slug:key>/", service, name="service"),
    path("services/<slug:key>/answers/", answers, name="service-answers"),
    path("services/<slug:key>/gap/acknowledge/", acknowledge, name="gap-acknowledge"),
    path("services/<slug:key>/gap/dismiss/", dismiss, name="gap-dismiss"),
]

"""Addresses of the asking side."""

from django.urls import path

from surveys import views
from surveys.api.intake import IntakeView

urlpatterns = [
    path("api/v1/intake/<slug:source>/", IntakeView.as_view(), name="intake"),
    path("s/<str:token>/", views.AnswerView.as_view(), name="answer"),
    path("s/<str:token>/thanks/", views.ThanksView.as_view(), name="answer-thanks"),
    path("s/<str:token>/unsubscribe/", views.UnsubscribeView.as_view(), name="unsubscribe"),
]

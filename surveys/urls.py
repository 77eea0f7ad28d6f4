"""Addresses of the asking side."""

from django.urls import path

from surveys import views
from surveys.api.intake import IntakeView
from surveys.staff.audit import answer_audit

urlpatterns = [
    path("api/v1/intake/<slug:source>/", IntakeView.as_view(), name="intake"),
    path("asking/scanners/", answer_audit, name="answer-audit"),
    path("s/<str:token>/", views.AnswerView.as_view(), name="answer"),
    path("s/<str:token>/click/", views.ClickView.as_view(), name="answer-click"),
    path("s/<str:token>/more/", views.TrapView.as_view(), name="answer-more"),
    path("s/<str:token>/thanks/", views.ThanksView.as_view(), name="answer-thanks"),
    path("s/<str:token>/unsubscribe/", views.UnsubscribeView.as_view(), name="unsubscribe"),
]

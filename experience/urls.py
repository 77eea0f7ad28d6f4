"""Addresses of the judging side."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Addresses of the asking side."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

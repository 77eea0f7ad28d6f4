"""The whole URL table: what people and systems can reach, in one place."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("experience.urls")),
    path("", include("surveys.urls")),
    path("", include("xla_service.pages")),
    path("admin/", admin.site.urls),
]

handler500 = "xla_service.unsent.something_broke"

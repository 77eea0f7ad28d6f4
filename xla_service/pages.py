"""Pages of the wiring itself: signing in and out, and the mailbox of a set-up without a mail server."""

from django.contrib.auth import views
from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from surveys.api import openapi  # noqa: F401  (registers the security scheme)
from xla_service.account import account, password_change, second_factor, second_factor_change
from xla_service.design_system import design_system
from xla_service.first_sign_in import first_sign_in
from xla_service.mailbox import MailListView, MailView, show_mail_html
from xla_service.oidc.views import oidc_begin, oidc_callback
from xla_service.sign_in import SignInView, WelcomeView, lost_password, sign_in_code

urlpatterns = [
    path("sign-in/", SignInView.as_view(), name="sign-in"),
    path("sign-in/code/", sign_in_code, name="sign-in-code"),
    path("sign-in/oidc/", oidc_begin, name="oidc-begin"),
    path("sign-in/oidc/callback/", oidc_callback, name="oidc-callback"),
    path("sign-in/lost-password/", lost_password, name="lost-password"),
    path("welcome/<uidb64>/<token>/", WelcomeView.as_view(), name="welcome"),
    path(
        "api/v1/schema/",
        SpectacularAPIView.as_view(authentication_classes=(), permission_classes=(AllowAny,)),
        name="api-schema",
    ),
    path("first-sign-in/<str:code>/", first_sign_in, name="first-sign-in"),
    path("sign-out/", views.LogoutView.as_view(), name="sign-out"),
    path("account/", account, name="account"),
    path("account/password/", password_change, name="password-change"),
    path("account/second-factor/", second_factor, name="second-factor"),
    path("account/second-factor/change/", second_factor_change, name="second-factor-change"),
    path("design-system/", design_system, name="design-system"),
    path("mailbox/", MailListView.as_view(), name="mailbox"),
    path("mailbox/<str:key>/", MailView.as_view(), name="mail"),
    path("mailbox/<str:key>/html/", show_mail_html, name="mail-html"),
]

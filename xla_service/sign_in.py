"""Signing in: the password, then the code where the user has a second factor; and a lost password."""

from __future__ import annotations

from math import ceil
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from surveys.models import User
from surveys.sender import sender_of
from surveys.services.second_factor import Checked, check_code, has_second_factor
from surveys.services.users import mail_password_link
from surveys.short_memory import count_up

# What a session holds between the password and the code.
WAITING = "second_factor_waiting"
# Set in a session that gave a code, or that an identity provider vouches for.
PASSED = "second_factor_passed"
# Signs in whoever was recognised otherwise than by a password: by a link, or by an identity provider.
OWN_BACKEND = "django.contrib.auth.backends.ModelBackend"
_MINUTES_FOR_THE_CODE = 5
_MOST_LINKS = 10
_HOUR = 3600


class WelcomeView(views.PasswordResetConfirmView):
    """The page behind a mailed link: a password is chosen, and the sign-in page says that it is saved.

    It signs nobody in: whoever has a second factor is asked for it there.
    """

    template_name = "welcome.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password and say so."""
        messages.success(self.request, _("Your password is saved. Sign in with it."))
        return super().form_valid(form)


class SignInView(views.LoginView):
    """User name and password; who has a second factor is asked for its code before being signed in."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the name of the identity provider, where there is one."""
        name = settings.OIDC_ISSUER and (settings.OIDC_NAME or settings.ORGANISATION)
        return super().get_context_data(**kwargs) | {"provider": name}

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or remember for some minutes that the password was right."""
        user = form.get_user()
        if not has_second_factor(user):
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[WAITING] = {
            "user": user.pk,
            "backend": user.backend,
            "password": user.get_session_auth_hash(),
            "until": timezone.now().timestamp() + 60 * _MINUTES_FOR_THE_CODE,
            "next": self.get_success_url(),
        }
        return redirect("sign-in-code")


class CodeForm(forms.Form):
    """The code of an app, or a recovery code."""

    code = forms.CharField(
        max_length=20, error_messages={"required": gettext_lazy("Write the code that the app shows.")}
    )


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code after the password. Wrong ones count for the lock-out like wrong passwords."""
    user = _who_waits(request)
    if user is None:
        request.session.pop(WAITING, None)
        return redirect("sign-in")
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return get_lockout_response(request, credentials=credentials)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        checked = check_code(user, form.cleaned_data["code"])
        if checked.is_right:
            return _signed_in(request, user, checked)
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        form.add_error("code", _wrong(checked))
    return render(request, "sign_in_code.html", {"form": form}, status=422 if form.errors else 200)


def _who_waits(request: HttpRequest) -> User | None:
    """Return who gave the right password some minutes ago and has not changed it since."""
    waiting = request.session.get(WAITING)
    if not waiting or waiting["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    return user if user and user.get_session_auth_hash() == waiting["password"] else None


def _signed_in(request: HttpRequest, user: User, checked: Checked) -> HttpResponse:
    waiting = request.session.pop(WAITING)
    login(request, user, backend=waiting["backend"])
    request.session[PASSED] = "code"
    if checked.codes_left is not None:
        said = ngettext(
            "That was a recovery code; %(count)d is left. Make new ones under Your account.",
            "That was a recovery code; %(count)d are left. Make new ones under Your account.",
            checked.codes_left,
        )
        messages.warning(request, said % {"count": checked.codes_left})
    return redirect(waiting["next"])


def _wrong(checked: Checked) -> str:
    if checked.waits_until is None:
        return _("This code is not right. Codes change every 30 seconds: write the newest one.")
    seconds = max(1, ceil((checked.waits_until - timezone.now()).total_seconds()))
    said = ngettext(
        "After wrong codes there is a pause. Try again in %(count)d second.",
        "After wrong codes there is a pause. Try again in %(count)d seconds.",
        seconds,
    )
    return said % {"count": seconds}


class LostPasswordForm(forms.Form):
    """Who has lost the password."""

    email = forms.EmailField(
        error_messages={
            "required": gettext_lazy("Write your mail address."),
            "invalid": gettext_lazy("Check the address."),
        }
    )


@never_cache
@require_http_methods(["GET", "POST"])
def lost_password(request: HttpRequest) -> HttpResponse:
    """Mail a link to choose a new password; what is said does not tell whether there is such an account."""
    form = LostPasswordForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "lost_password.html", {"form": form}, status=status)
    if count_up(f"lost-password-{sender_of(request).network_hash}", seconds=_HOUR) <= _MOST_LINKS:
        mail_password_link(form.cleaned_data["email"], now=timezone.now())
    return render(request, "lost_password_sent.html", {"hours": settings.PASSWORD_RESET_TIMEOUT // _HOUR})

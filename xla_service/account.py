"""Your account: the language and the time zone of pages and mails, the own password, the second factor."""

from __future__ import annotations

from base64 import b32encode
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from surveys.models import User
from surveys.services import second_factor as factors
from xla_service.access import everyone, open_to, signed_in
from xla_service.qr_codes import inline_qr_code
from xla_service.sign_in import PASSED, CodeForm

# The secret of a second factor that is being set up, until its first code.
_SECRET = "second_factor_secret"


class ReaderForm(forms.Form):
    """How somebody wants to read; empty follows the browser."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        browser = ("", _("As this browser says"))
        zones = sorted(available_timezones())
        self.fields["language"].choices = [browser, *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [browser, *zip(zones, zones, strict=True)]  # type: ignore[attr-defined]


@open_to(everyone)
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show language and time zone; POST keeps them."""
    user = signed_in(request)
    chosen = {"language": user.language, "time_zone": user.time_zone}
    form = ReaderForm(request.POST or None, initial=chosen)
    if request.method == "POST" and form.is_valid():
        user.language, user.time_zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
        user.save(update_fields=["language", "time_zone"])
        with translation.override(user.language or translation.get_language_from_request(request)):
            messages.success(request, _("Saved. Pages and mails speak your language from now on."))
        return redirect("account")
    return render(request, "account.html", _context(user) | {"form": form})


class PasswordForm(forms.Form):
    """The own password once more, before something is weakened."""

    password = forms.CharField(
        strip=False, error_messages={"required": gettext_lazy("Write your password to confirm it.")}
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST)
        self._request = request

    def clean_password(self) -> str:
        """Refuse a wrong password; it counts for the lock-out."""
        password: str = self.cleaned_data["password"]
        username = signed_in(self._request).username
        if authenticate(self._request, username=username, password=password) is None:
            raise forms.ValidationError(_("This is not your password."))
        return password


@sensitive_post_parameters()
@open_to(everyone)
@never_cache
@require_POST
def password_change(request: HttpRequest) -> HttpResponse:
    """Change the own password; this browser stays signed in, others do not."""
    form = PasswordChangeForm(signed_in(request), request.POST)
    if not form.is_valid():
        return _page(request, password_form=form)
    update_session_auth_hash(request, form.save())
    messages.success(request, _("Your password is changed. Other browsers are signed out."))
    return redirect("account")


@sensitive_post_parameters()
@open_to(everyone)
@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set the second factor up: show the QR code, take the first code, show the recovery codes once."""
    user = signed_in(request)
    if factors.has_second_factor(user):
        return redirect("account")
    secret = request.session.setdefault(_SECRET, factors.new_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        codes = factors.confirm_setup(user, secret=secret, code=code, now=timezone.now())
        if codes is not None:
            del request.session[_SECRET]
            request.session[PASSED] = "code"
            return render(request, "recovery_codes.html", {"codes": codes, "is_new": True})
        form.add_error("code", _("This code is not right. Is the clock of the phone right?"))
    context = {
        "form": form,
        "qr": inline_qr_code(factors.setup_address(user, secret), title=_("QR code for the app")),
        "secret": _as_typed(secret),
        "must": factors.must_have_second_factor(user),
    }
    return render(request, "second_factor.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@open_to(everyone)
@never_cache
@require_POST
def second_factor_change(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes or turn the second factor off, after the password was written once more."""
    user, form = signed_in(request), PasswordForm(request)
    if not form.is_valid():
        return _page(request, confirm=form)
    if "codes" in request.POST:
        codes = factors.renew_recovery_codes(user, now=timezone.now())
        return render(request, "recovery_codes.html", {"codes": codes})
    if factors.must_have_second_factor(user):
        messages.error(request, _("Your role needs a second factor: it stays on."))
    elif factors.remove_second_factor(user, by=user, now=timezone.now()):
        request.session.pop(PASSED, None)
        messages.success(request, _("The second factor is off. The password alone signs you in."))
    return redirect("account")


def _as_typed(secret: str) -> str:
    """Return a secret as apps take it from the keyboard: base 32, in groups of four."""
    text = b32encode(bytes.fromhex(secret)).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _page(request: HttpRequest, **forms: Any) -> HttpResponse:
    """Return the account page with what was wrong in one of its forms."""
    user = signed_in(request)
    return render(request, "account.html", _context(user) | forms, status=422)


def _context(user: User) -> dict[str, Any]:
    return {
        "form": ReaderForm(initial={"language": user.language, "time_zone": user.time_zone}),
        "is_on": factors.has_second_factor(user),
        "codes_left": factors.recovery_codes_left(user),
        "must": factors.must_have_second_factor(user),
    }

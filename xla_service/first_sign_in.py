"""The page behind the link that `manage.py up` prints: the first administrator makes an account."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from surveys.services.first_administrator import is_good_code, make_first_administrator, nobody_signs_in
from surveys.staff.users import USERNAME_ADVICE
from xla_service.sign_in import OWN_BACKEND


class FirstAdministratorForm(forms.Form):
    """Who administers."""

    name = forms.CharField(label=_("Your name"), max_length=200, required=False)
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator(message=USERNAME_ADVICE)],
        error_messages={"required": _("Choose a user name.")},
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        error_messages={
            "required": _("Give an address: alerts and new links go there."),
            "invalid": _("Check the address."),
        },
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(render_value=True),
        error_messages={"required": _("Choose a password.")},
    )


@never_cache
@require_http_methods(["GET", "POST"])
def first_sign_in(request: HttpRequest, code: str) -> HttpResponse:
    """Make the first administrator, sign them in and lead to the set-up guide; 404 once there is a user."""
    if not nobody_signs_in():
        raise Http404
    if not is_good_code(code):
        return render(request, "first_sign_in.html", {"form": None}, status=403)
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = make_first_administrator(**form.cleaned_data, now=timezone.now())
        except ValidationError as error:
            form.add_error("password", error)
        else:
            if user is None:
                return redirect("sign-in")
            login(request, user, backend=OWN_BACKEND)
            return redirect("setup")
    return render(request, "first_sign_in.html", {"form": form}, status=422 if form.errors else 200)

"""The pages of signing in through an identity provider: the way there and the way back."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from surveys.models import User
from surveys.services.provider_users import user_of_provider
from surveys.services.users import UserError
from xla_service.sign_in import OWN_BACKEND, PASSED

logger = logging.getLogger(__name__)
_NEXT = "oidc_next"
_UNTRUSTED = gettext_lazy(
    "What came back from the sign-in of your organisation cannot be trusted or is too old. Try again."
)


@never_cache
@require_safe
def oidc_begin(request: HttpRequest) -> HttpResponseBase:
    """Lead to the identity provider."""
    _be_configured()
    from xla_service.oidc.provider import ProviderError, way_to_provider

    request.session[_NEXT] = _safe_next(request)
    try:
        return way_to_provider(request, back_to=settings.PUBLIC_URL + reverse("oidc-callback"))
    except ProviderError as error:
        logger.error("The identity provider cannot be used: %s", error)
        return _refused(
            request, _("The sign-in of your organisation does not answer. Try again in a minute."), status=503
        )


@never_cache
@require_safe
def oidc_callback(request: HttpRequest) -> HttpResponseBase:
    """Sign in whom the provider sends back, or say plainly why not."""
    _be_configured()
    from xla_service.oidc.provider import NotVerifiedError, ProviderError, identity_of

    try:
        user = user_of_provider(
            identity_of(request),
            roles=settings.OIDC_ROLES,
            may_create=settings.OIDC_CREATE_USERS,
            now=timezone.now(),
        )
    except ProviderError as error:
        # Anybody can send such an answer: quoted, it cannot pretend to be another line of the log.
        logger.warning("A sign-in by the identity provider is refused: %r", str(error))
        return _refused(request, str(_UNTRUSTED))
    except NotVerifiedError:
        return _refused(request, _("Your organisation does not say that your mail address was verified."))
    except UserError as error:
        return _refused(request, str(error))
    return _signed_in(request, user)


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    aim = request.session.pop(_NEXT, None)
    login(request, user, backend=OWN_BACKEND)
    request.session[PASSED] = "provider"
    return redirect(aim or settings.LOGIN_REDIRECT_URL)


def _be_configured() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _safe_next(request: HttpRequest) -> str:
    aim = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(aim, {request.get_host()}, require_https=request.is_secure())
    return aim if is_ours else ""


def _refused(request: HttpRequest, reason: str, *, status: int = 403) -> HttpResponse:
    return render(request, "oidc_refused.html", {"reason": reason}, status=status)

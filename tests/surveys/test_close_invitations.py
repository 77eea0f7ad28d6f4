from datetime import timedelta

import pytest

from surveys.services import close_invitations as closing
from surveys.services.close_invitations import close_invitations
from tests.factories import NOW, InvitationFactory

pytestmark = pytest.mark.django_db


def test_invitations_are_closed_when_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "CHUNK", 2)
    over = [InvitationFactory.create(closes_at=NOW) for _ in range(3)]
    running = InvitationFactory.create(closes_at=NOW + timedelta(seconds=1))
    withdrawn = InvitationFactory.create(closes_at=NOW, state="withdrawn")

    assert close_invitations(now=NOW) == 3

    for invitation in (*over, running, withdrawn):
        invitation.refresh_from_db()
    assert [invitation.state for invitation in over] == ["closed"] * 3
    assert (running.state, withdrawn.state) == ("open", "withdrawn")

import hmac

from surveys.engine.signatures import is_signed, is_signed_as_glpi, is_signed_as_hub, sign


def test_only_the_secret_and_the_very_body_make_the_signature() -> None:
    signature = sign(b'{"number": "INC1"}', "a secret")

    assert is_signed(b'{"number": "INC1"}', secret="a secret", signature=signature)
    assert is_signed(b'{"number": "INC1"}', secret="a secret", signature=signature.upper())
    assert not is_signed(b'{"number": "INC2"}', secret="a secret", signature=signature)
    assert not is_signed(b'{"number": "INC1"}', secret="another", signature=signature)
    assert not is_signed(b"", secret="a secret", signature="sha256=\u00fc")


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(b"x", secret="", signature=sign(b"x", ""))


def test_the_signature_is_the_one_others_compute() -> None:
    # RFC 4231, test case 2.
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_the_signatures_of_other_systems_hold_for_their_body_alone() -> None:
    sha1 = "sha1=" + hmac.new(b"secret", b"body", "sha1").hexdigest()
    sha256 = "sha256=" + hmac.new(b"secret", b"body", "sha256").hexdigest()
    glpi = hmac.new(b"secret", b"body170", "sha256").hexdigest()

    for signature in (sha1, sha256, sha256.upper()):
        assert is_signed_as_hub(b"body", secret="secret", signature=signature)
        assert not is_signed_as_hub(b"Body", secret="secret", signature=signature)
        assert not is_signed_as_hub(b"body", secret="", signature=signature)
    assert not is_signed_as_hub(
        b"body", secret="secret", signature="md5=" + hmac.new(b"secret", b"body", "md5").hexdigest()
    )
    assert is_signed_as_glpi(b"body", secret="secret", signature=glpi, timestamp="170")
    assert not is_signed_as_glpi(b"body", secret="secret", signature=glpi, timestamp="171")
    assert not is_signed_as_glpi(b"body", secret="", signature="", timestamp="")

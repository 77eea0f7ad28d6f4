from surveys.engine.signatures import is_signed, sign


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

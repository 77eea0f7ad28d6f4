"""An identity provider for tests: a real HTTP server with discovery, PKCE and RS256-signed ID tokens."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "xla", "the secret of the client"
LIFETIME_SECONDS = 300


@dataclass
class Provider:
    """What the provider says about whoever signs in; a test changes it before the sign-in."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    change_token: Callable[[dict[str, Any]], None] = lambda claims: None
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: Any = None
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    token_requests: list[dict[str, str]] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign the person in at once and return the address that the browser goes back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the tokens for a code, once, to who holds the client's secret and the code verifier."""
        self.token_requests.append(sent)
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        client = b64decode(authorization.removeprefix("Basic ")).decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != sent["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        if client != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])}

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "nonce": nonce,
        } | self.claims
        self.change_token(claims)
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, claims, self.signing_key or self.key, algorithms=[self.algorithm])


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.metadata())
        elif parts.path == "/jwks":
            self._json(200, {"keys": [self.provider.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(_flat(parts.query)))
            self.end_headers()
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._json(*self.provider.token(_flat(body), self.headers.get("Authorization", "Basic ")))

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _json(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def shared_secret() -> Any:
    """Return a key as the provider would have it if it signed with the client's secret."""
    return OctKey.import_key(CLIENT_SECRET * 2)


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider on a port of its own."""
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

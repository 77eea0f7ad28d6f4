"""Signing in through an identity provider (OpenID Connect): an extra with requirements of its own."""

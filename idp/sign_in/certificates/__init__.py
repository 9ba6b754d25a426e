"""Signing in with a certificate."""

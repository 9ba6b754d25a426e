"""Định Danh: one sign-on for the public services of Viet Nam, over OpenID Connect.

Every folder below is a room; its docstring says what it is. Imports go downwards only:
cli, app, protocol · citizen · admin, sign_in · consent, sessions, tokens · attempts, accounts · portals · keys,
register · notices, audit · web, sealing · outbound, storage, settings, errors · clock.
"""

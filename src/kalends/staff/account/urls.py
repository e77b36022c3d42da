"""The addresses of what belongs to people: coming in, their own pages, search and notices."""

from __future__ import annotations

from django.urls import path

from kalends.staff.account import links, notices, profile, safety, search, setup, sign_in
from kalends.staff.action import by_method

_YOU = "<int:account_id>/you"

urlpatterns = [
    path("setup", setup.setup, name="setup"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/second", sign_in.second, name="sign-in-second"),
    path("sign-in/passkey/options", sign_in.passkey_options, name="sign-in-passkey-options"),
    path("sign-in/passkey", sign_in.passkey, name="sign-in-passkey"),
    path("forgotten", links.forgotten, name="forgotten"),
    path("new-password/<str:token>", links.new_password, name="new-password"),
    path("invitation/<str:token>", links.invitation, name="invitation"),
    path(_YOU, by_method(get=profile.show, post=profile.save), name="you"),
    path(f"{_YOU}/sign-in", safety.show, name="you-safety"),
    path(f"{_YOU}/password", safety.change_password, name="you-password"),
    path(f"{_YOU}/app", safety.begin_app, name="you-app"),
    path(f"{_YOU}/app/confirm", safety.confirm_app, name="you-app-confirm"),
    path(f"{_YOU}/app/remove", safety.remove_app, name="you-app-remove"),
    path(f"{_YOU}/codes", safety.new_codes, name="you-codes"),
    path(f"{_YOU}/passkeys/options", safety.passkey_options, name="you-passkey-options"),
    path(f"{_YOU}/passkeys", safety.add_passkey, name="you-passkeys"),
    path(f"{_YOU}/passkeys/<int:passkey_id>/rename", safety.rename_passkey, name="you-passkey-rename"),
    path(f"{_YOU}/passkeys/<int:passkey_id>/remove", safety.remove_passkey, name="you-passkey-remove"),
    path(f"{_YOU}/sessions/end-others", safety.end_others, name="you-sessions-end"),
    path(f"{_YOU}/sessions/<int:session_id>/end", safety.end_session, name="you-session-end"),
    path("<int:account_id>/search", search.page, name="search"),
    path(
        "<int:account_id>/notifications", by_method(get=notices.page, post=notices.read), name="notifications"
    ),
]

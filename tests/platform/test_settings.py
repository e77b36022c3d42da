"""What Django is told: the same everywhere, safe by default, and nothing happens on reading it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kalends.platform import settings
from kalends.platform.boot import boot
from tests.platform.conftest import SRC


def _read(home: Path, **environment: str) -> dict[str, Any]:
    """The settings as a new process reads them."""
    script = (
        "import json; from kalends.platform import settings\n"
        "kept = {name: value for name, value in vars(settings).items() if name.isupper()}\n"
        "print(json.dumps(kept, default=lambda _: None))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KALENDS_")}
    variables = {**kept, "PYTHONPATH": str(SRC), "KALENDS_HOME": str(home), **environment}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=True
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_reading_the_settings_touches_no_home_and_no_database(tmp_path: Path) -> None:
    read = _read(tmp_path / "home")
    assert read["DATABASES"] == {}
    assert read["SECRET_KEY"] == ""
    assert not (tmp_path / "home").exists()


def test_behind_https_cookies_are_secure_and_the_browser_is_told_to_stay(tmp_path: Path) -> None:
    read = _read(tmp_path, KALENDS_PUBLIC_URL="https://billing.example/", KALENDS_HSTS_SUBDOMAINS="1")
    assert read["SESSION_COOKIE_SECURE"] is True
    assert read["CSRF_COOKIE_SECURE"] is True
    assert read["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert read["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert read["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://billing.example"]
    assert "billing.example" in read["ALLOWED_HOSTS"]


def test_on_ones_own_machine_plain_http_works(tmp_path: Path) -> None:
    read = _read(tmp_path)
    assert read["SESSION_COOKIE_SECURE"] is False
    assert read["SECURE_HSTS_SECONDS"] == 0
    assert read["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False
    assert read["SECURE_PROXY_SSL_HEADER"] is None
    assert read["DEBUG"] is False
    assert set(read["ALLOWED_HOSTS"]) == {"localhost", "127.0.0.1", "[::1]"}


def test_pages_may_load_nothing_from_elsewhere_and_no_script_written_into_them() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'self'"]
    assert not any("unsafe" in source for sources in directives.values() for source in sources)


def test_passwords_are_hashed_with_argon2() -> None:
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtp://localhost", 25, False, False),
        ("smtp://me:p%40ss@mail.example", 587, False, True),
        ("smtps://me:p%40ss@mail.example", 465, True, False),
    ],
)
def test_a_mail_server_is_one_address(url: str, port: int, tls: bool, starttls: bool) -> None:
    mail = settings.mail_settings(url)
    assert (mail["EMAIL_PORT"], mail["EMAIL_USE_SSL"], mail["EMAIL_USE_TLS"]) == (port, tls, starttls)
    assert mail["EMAIL_HOST_PASSWORD"] in ("", "p@ss")


@pytest.mark.usefixtures("test_database")
def test_a_second_boot_keeps_what_is_in_use(test_database: str) -> None:
    from django.conf import settings as in_use
    from django.db import connections

    before, key = connections["default"], in_use.SECRET_KEY
    home = boot()
    assert connections["default"] is before
    assert in_use.SECRET_KEY == key == home.secret_key()
    assert str(home.mail) == in_use.EMAIL_FILE_PATH
    assert in_use.DATABASES["default"]["NAME"] in test_database

"""Which PostgreSQL this installation uses, and connections to it.

``DATABASE_URL`` names any PostgreSQL 15 or newer; without it Kalends runs a server of its own in its home.
Tables belong to the owner, who logs in and runs migrations. Ordinary work is done as ``kalends_app``, a role
that owns nothing, so that row-level security holds even where a query forgets the account.

Where ``kalends_app`` can log in by itself (on the server in the home, and elsewhere with ``DATABASE_APP_URL``), it
does: nothing that is smuggled into a statement can then become the owner, who could switch the walls off. Otherwise the
owner's connection takes the role on, which ``SET ROLE NONE`` lays down again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from kalends.platform.postgres import Lease, acquire
from kalends.platform.postgres_programs import OLDEST_MAJOR

APPLICATION_ROLE = "kalends_app"
_CONNECT_TIMEOUT_SECONDS = "10"
ROWS_AS_THEY_COME = "enable_bitmapscan=off"
"""For connections that read a page of a list, of a page or of the API.

A bitmap is made of all that an index holds before it gives the first row: of the whole account, for a page of ten. The
planner chooses it because it takes every account for a small one (``accounts/walls.py``).
"""

_TABLES_WITHOUT_ANY_RIGHT = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND pg_has_role(relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = %s::regrole)
"""


class _State:
    """What this process is connected to, once :func:`open_database` was called."""

    source: tuple[Home, str] | None = None
    dsn: str | None = None
    application_role: bool = False
    application_url: str = ""
    own_login: Mapping[str, str] | None = None
    lease: Lease | None = None


def open_database(home: Home, environ: Mapping[str, str] = os.environ) -> str:
    """Find or start this installation's database, and return its connection string.

    Asked again for the same installation it keeps what is in use; a forked child takes a lease of its own.
    Raises UserFacing (exit code 3) when it cannot be reached, started or is older than PostgreSQL 15.
    """
    url = environ.get("DATABASE_URL", "")
    _State.application_url = environ.get("DATABASE_APP_URL", "")
    if not url and (_State.lease is None or not _State.lease.is_ours_for(home)):
        _State.lease = acquire(home)
    if _State.source != (home, url) or _State.dsn is None:
        use(_from_url(url) if url or _State.lease is None else _State.lease.dsn)
        _State.source = (home, url)
    return current_dsn()


def files_known_by(home: Home) -> str:
    """What tells the files of the server in the home apart from any copy of them; empty where another server is used.

    No program that copies a file can give the copy the original's time of change.
    """
    if _State.lease is None or not _State.lease.is_ours_for(home) or _State.source != (home, ""):
        return ""
    state = (home.postgres / "data" / "PG_VERSION").stat()
    return f"{state.st_ino}/{state.st_ctime_ns}"


def environment_for_children() -> dict[str, str]:
    """The environment for a new process (not a fork) that is to work in the very database this one uses.

    It holds no lease, so this process must outlive it.
    """
    return {**os.environ, "DATABASE_URL": current_dsn()}


def use(dsn: str) -> None:
    """Use this database from now on, in this process. Checks that it answers and is new enough."""
    with _open(dsn) as connection:
        version = connection.info.server_version
        if version < OLDEST_MAJOR * 10_000:
            raise UserFacing(
                f"Kalends needs PostgreSQL {OLDEST_MAJOR} or newer.",
                where=_place(dsn),
                value=f"PostgreSQL {version // 10_000}",
                remedy="Upgrade that server, or unset DATABASE_URL to use the one that comes with Kalends.",
                exit_code=ExitCode.DATABASE_UNAVAILABLE,
            )
        _State.application_role = _may_become_application_role(connection)
    _State.own_login = _own_login(dsn) if _State.application_role else None
    if _State.application_role:
        _check_that_the_role_is_taken(dsn)
    _State.dsn = dsn


def current_dsn() -> str:
    """The owner's connection string of the database in use; a programming error before ``boot()``."""
    if _State.dsn is None:
        raise RuntimeError("No database is open: call kalends.platform.boot.boot() first.")
    return _State.dsn


def connect(*, as_owner: bool = False, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    """A new connection of its own, for work in blocks; the caller closes it.

    It is subject to row-level security unless ``as_owner``. Call it after a fork, never before. The server in the home
    is started again if it is gone. Raises UserFacing (exit code 3) when the database is gone for good.
    """
    dsn = current_dsn() if as_owner else application_dsn(current_dsn())
    try:
        return _open(dsn, autocommit=autocommit)
    except UserFacing as problem:
        if not _nobody_listens(problem.__cause__):
            raise
        lease, source = _State.lease, _State.source
        if lease is None or source is None or source[1] or not lease.is_ours_for(source[0]):
            raise
        lease.revive()
        return _open(dsn, autocommit=autocommit)


def _nobody_listens(problem: BaseException | None) -> bool:
    """Whether there is no server at a socket; one that refuses us is another matter."""
    return any(words in str(problem) for words in ("Connection refused", "No such file or directory"))


def application_dsn(dsn: str) -> str:
    """The same database, as ``kalends_app``; even RESET ROLE stays there.

    Unchanged as long as there is no such role, which is so before the first migration.
    """
    if not _State.application_role:
        return dsn
    if _State.own_login is not None:
        return make_conninfo(dsn, **_State.own_login)
    return _with_option(dsn, f"role={APPLICATION_ROLE}")


def _own_login(dsn: str) -> Mapping[str, str] | None:
    """How ``kalends_app`` logs in by itself, as what differs from the owner's way; ``None`` where it cannot.

    A socket knows who we are without a password, so that it is tried there. Raises UserFacing for a
    ``DATABASE_APP_URL`` that leads nowhere or is somebody else's.
    """
    if _State.application_url:
        given = conninfo_to_dict(_from_url(_State.application_url, "DATABASE_APP_URL"))
        own = {name: str(value) for name, value in given.items() if name != "dbname"}
        _check_own_login(make_conninfo(dsn, **own))
        return own
    parts = conninfo_to_dict(dsn)
    if not str(parts.get("host") or "").startswith("/") or parts.get("password"):
        return None
    own = {"user": APPLICATION_ROLE}
    try:
        psycopg.connect(make_conninfo(dsn, **own)).close()
    except psycopg.OperationalError:
        return None
    return own


def _check_own_login(dsn: str) -> None:
    with _open(dsn) as connection:
        row = connection.execute("SELECT session_user").fetchone()
    if row is None or row[0] != APPLICATION_ROLE:
        raise UserFacing(
            f"DATABASE_APP_URL has to log in as {APPLICATION_ROLE}.",
            where="the environment variable DATABASE_APP_URL",
            value=f"it logs in as {row[0] if row else 'nobody'}",
            remedy=f"As an administrator: ALTER ROLE {APPLICATION_ROLE} LOGIN PASSWORD '...'; and write this user into "
            "the address.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )


def _with_option(dsn: str, setting: str) -> str:
    given = str(conninfo_to_dict(dsn).get("options") or "")
    return make_conninfo(dsn, options=f"{given} -c {setting}".strip())


def django_databases(dsn: str) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: ``default`` works as ``kalends_app``, ``owner`` is for migrations."""
    return {
        "default": _django_database(_with_option(application_dsn(dsn), ROWS_AS_THEY_COME)),
        "owner": {**_django_database(dsn), "TEST": {"MIRROR": "default"}},
    }


def ensure_application_role(connection: psycopg.Connection[Any]) -> None:
    """Create ``kalends_app`` if it is missing, let ourselves become it, and see that it can do its work.

    Call it as the owner before and after migrations. Rights that a migration gave or took back are left alone;
    tables that no migration of ours speaks of (Django's own) are opened to it for ordinary work.
    Raises UserFacing (exit code 3) when the role is missing and we may not create it.
    """
    role = sql.Identifier(APPLICATION_ROLE)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('kalends: application role'))")
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]).fetchone()
        if found is None:
            _create_application_role(connection)
        if not _may_become_application_role(connection):
            _or_explain(connection, sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        connection.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
        )
        for (table,) in connection.execute(_TABLES_WITHOUT_ANY_RIGHT, [APPLICATION_ROLE]).fetchall():
            rights = "SELECT" if table == "django_migrations" else "SELECT, INSERT, UPDATE, DELETE"
            grant = sql.SQL("GRANT {} ON {} TO {}")
            connection.execute(grant.format(sql.SQL(rights), sql.Identifier("public", table), role))


def _create_application_role(connection: psycopg.Connection[Any]) -> None:
    role = sql.Identifier(APPLICATION_ROLE)
    try:
        with connection.transaction():
            _or_explain(connection, sql.SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(role))
    except psycopg.errors.DuplicateObject:
        pass  # another database of the same server made it a moment ago


def _or_explain(connection: psycopg.Connection[Any], statement: sql.Composed) -> None:
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as problem:
        user = connection.info.user
        raise UserFacing(
            f"The database user {user} may not set up the role {APPLICATION_ROLE}.",
            where=f"database {connection.info.dbname}",
            value=str(problem).strip(),
            remedy=f"As an administrator: CREATE ROLE {APPLICATION_ROLE} NOLOGIN; "
            f'GRANT {APPLICATION_ROLE} TO "{user}";',
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        ) from problem


def _may_become_application_role(connection: psycopg.Connection[Any]) -> bool:
    privilege = "SET" if connection.info.server_version >= 160_000 else "MEMBER"
    row = connection.execute(
        "SELECT pg_has_role(oid, %s) FROM pg_roles WHERE rolname = %s", [privilege, APPLICATION_ROLE]
    ).fetchone()
    return row is not None and bool(row[0])


def _check_that_the_role_is_taken(dsn: str) -> None:
    """A connection pooler may drop what we ask for at connecting; then the walls between accounts would be gone."""
    with _open(application_dsn(dsn)) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    if row is None or row[0] != APPLICATION_ROLE:
        raise UserFacing(
            f"The connection did not become {APPLICATION_ROLE}.",
            where=_place(dsn),
            value=f"it works as {row[0] if row else 'nobody'}",
            remedy="Let the pooler pass the startup parameter 'options' on, or connect to PostgreSQL itself.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        )


def _django_database(dsn: str) -> dict[str, Any]:
    """Everything goes through OPTIONS, which Django hands to libpq as it is; only the name has its own place."""
    options = conninfo_to_dict(dsn)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": str(options.pop("dbname", "")),
        "USER": str(options.pop("user", "")),
        "PASSWORD": str(options.pop("password", "")),
        "HOST": str(options.pop("host", "")),
        "PORT": str(options.pop("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def _from_url(url: str, variable: str = "DATABASE_URL") -> str:
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise UserFacing(
            f"{variable} cannot be read.",
            where=f"the environment variable {variable}",
            value="neither an address nor words of the form name=value",
            remedy="Write it as postgresql://user:password@host:5432/database",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        ) from None
    if "connect_timeout" in given:
        return make_conninfo(url)
    return make_conninfo(url, connect_timeout=_CONNECT_TIMEOUT_SECONDS)


def _open(dsn: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        return psycopg.connect(dsn, autocommit=autocommit)
    except psycopg.OperationalError as problem:
        raise UserFacing(
            "The database does not answer.",
            where=_place(dsn),
            value=str(problem).strip().replace("\n", "\n         "),
            remedy="Check that this PostgreSQL server runs and lets this user in, or change DATABASE_URL.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        ) from problem


def _place(dsn: str) -> str:
    """Host, port and database of a connection string: never its password."""
    parts = {"host": "local socket", "port": "5432"} | conninfo_to_dict(dsn)
    name = parts.get("dbname") or parts.get("user") or ""
    return f"host {parts['host']}, port {parts['port']}, database {name}"

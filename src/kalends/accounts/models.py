"""Accounts, the people who work in them, and what an account has switched on."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from kalends.accounts.operation_models import ProofMade, RunningProcess  # noqa: F401 - Django finds them here
from kalends.accounts.sign_in_models import (  # noqa: F401 - Django finds them here
    Passkey,
    RecoveryCode,
    SecondFactor,
    SignInAttempt,
    UserSession,
)
from kalends.accounts.tables import AccountRow


class Account(models.Model):
    """A business that bills: the wall around every other row.

    ``clock_at`` is set on sandbox accounts only: it is their present moment, and moves when somebody advances it.
    ``known_as`` is set on accounts that came from another installation: the number under which their charges are
    known to processors.
    """

    LIVE, SANDBOX = "live", "sandbox"

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    mode = models.TextField(choices=[(LIVE, "Live"), (SANDBOX, "Sandbox")])
    time_zone = models.TextField()
    currency = models.CharField(max_length=3)
    language = models.TextField(default="en")
    country = models.CharField(max_length=2, default="")
    clock_at = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    brand_color = models.CharField(max_length=7, default="#12464f", db_default="#12464f")
    logo = models.TextField(default="", db_default="")
    address = models.TextField(default="", db_default="")
    address2 = models.TextField(default="", db_default="")
    zip = models.TextField(default="", db_default="")
    city = models.TextField(default="", db_default="")
    state = models.TextField(default="", db_default="")
    tax_id = models.TextField(default="", db_default="")
    support_email = models.TextField(default="", db_default="")
    known_as = models.BigIntegerField(null=True)

    class Meta:
        db_table = "account"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="account_clock_is_for_sandboxes",
                condition=Q(mode="sandbox", clock_at__isnull=False) | Q(mode="live", clock_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users; an address is compared without regard to case."""

    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in; what they may do in an account is their membership's matter."""

    id = models.BigAutoField(primary_key=True)
    email = models.TextField(unique=True)
    name = models.TextField()
    language = models.TextField(default="en")
    is_active = models.BooleanField(default=True)
    single_keys = models.BooleanField(default=True, db_default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects = UserManager()

    class Meta:
        db_table = "app_user"

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Team(AccountRow):
    """A group of users; a record's team is its owner's."""

    name = models.TextField()

    class Meta:
        db_table = "team"


class Role(AccountRow):
    """A role that the account made: a name, and what it grants (:class:`kalends.accounts.permissions.Grants`)."""

    name = models.TextField()
    grants = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "role"
        constraints: ClassVar = [
            models.UniqueConstraint("account_id", Lower("name"), name="role_name_once"),
        ]


class Membership(AccountRow):
    """A user's place in an account. Owners of records are users: ``owner_id`` is a ``user_id``.

    ``role`` names one of the roles that come with Kalends, ``role_id`` one of the account's own, which then counts.
    ``team_id`` is the main team, which is also that of the user's records; ``extra_team_ids`` are further ones.
    ``told_of_exports_from`` is the number of records from which on an administrator is told of others' exports.
    ``notices_read_to`` is the number of the last event of the journal that the user has read about.
    """

    ADMIN, MEMBER = "admin", "member"

    user_id = models.BigIntegerField()
    role = models.TextField(
        choices=[
            (ADMIN, "Administrator"),
            (MEMBER, "Member"),
            ("sales", "Sales"),
            ("finance", "Finance"),
            ("reader", "Read only"),
        ]
    )
    role_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    extra_team_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    told_of_payments_made = models.BooleanField(default=True, db_default=True)
    told_of_payments_failed = models.BooleanField(default=True, db_default=True)
    told_of_disputes = models.BooleanField(default=True, db_default=True)
    told_of_pauses = models.BooleanField(default=True, db_default=True)
    told_of_webhooks = models.BooleanField(default=True, db_default=True)
    told_of_exports_from = models.IntegerField(null=True)
    notices_read_to = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "membership"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "user_id"], name="membership_once")
        ]
        indexes: ClassVar = [models.Index(fields=["user_id"], name="membership_of_user")]


class SecurityEvent(AccountRow):
    """That a user came in, went out or failed to come in, as one of the user's accounts is told it.

    ``address`` is the machine that asked, ``agent`` the program, as it names itself. Never changed, never deleted.
    """

    at = models.DateTimeField()
    kind = models.TextField()
    user_id = models.BigIntegerField()
    address = models.TextField(default="", db_default="")
    agent = models.TextField(default="", db_default="")

    class Meta:
        db_table = "security_event"
        indexes: ClassVar = [models.Index(fields=["account_id", "at"], name="security_event_by_time")]


class AccountLogo(AccountRow):
    """A picture that is or was the account's logo, as PNG. What was sent keeps the one that it was sent with."""

    name = models.TextField()
    content = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "account_logo"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "name"], name="account_logo_once")
        ]


class EnabledCurrency(AccountRow):
    """A currency that the account may bill in."""

    code = models.CharField(max_length=3)

    class Meta:
        db_table = "enabled_currency"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "code"], name="enabled_currency_once")
        ]


class ExchangeRate(AccountRow):
    """What one unit of a currency was worth in the account's own currency from a day on."""

    code = models.CharField(max_length=3)
    from_date = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=9)

    class Meta:
        db_table = "exchange_rate"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "code", "from_date"], name="exchange_rate_once_a_day"
            )
        ]


class AccessToken(AccountRow):
    """A program's way in: ``hash`` is the SHA-256 of the token, which itself is kept nowhere.

    One that an app was given over OAuth ends (``expires_at``) and belongs to the consent that it came of.
    """

    name = models.TextField()
    hash = models.TextField()
    scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    app_id = models.BigIntegerField(null=True)
    grant_id = models.BigIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_token"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "hash"], name="access_token_once"),
            models.CheckConstraint(
                name="access_token_of_an_app_ends",
                condition=Q(app_id__isnull=True, grant_id__isnull=True, expires_at__isnull=True)
                | Q(app_id__isnull=False, grant_id__isnull=False, expires_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "grant_id"],
                name="access_token_of_grant",
                condition=Q(grant_id__isnull=False),
            )
        ]


class IntegrationApp(AccountRow):
    """A program that other people make for the account: it asks for consent (OAuth) and is told of changes.

    ``client_secret`` is sealed, not hashed, since it signs what is sent to the program. ``developer_key_hash`` is the
    SHA-256 of the key with which the program's own settings are changed.
    """

    name = models.TextField()
    client_id = models.TextField()
    client_secret = models.BinaryField()
    developer_key_hash = models.TextField()
    redirect_uris = ArrayField(models.TextField())
    scopes = ArrayField(models.TextField())
    optional_scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "integration_app"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "client_id"], name="integration_app_once"),
            models.UniqueConstraint(
                fields=["account_id", "developer_key_hash"], name="integration_app_developer_key_once"
            ),
        ]


class OAuthGrant(AccountRow):
    """What somebody consented to for an app; ``hash`` is the SHA-256 of the refresh token that renews it."""

    app_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    hash = models.TextField()
    scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "oauth_grant"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "hash"], name="oauth_grant_once")
        ]
        indexes: ClassVar = [models.Index(fields=["account_id", "app_id"], name="oauth_grant_of_app")]


class OAuthCode(AccountRow):
    """What an app gets for a consent and changes for tokens, once: ``grant_id`` is then what came of it.

    ``challenge`` is PKCE's, empty where the app gave none.
    """

    app_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    hash = models.TextField()
    redirect_uri = models.TextField()
    scopes = ArrayField(models.TextField())
    challenge = models.TextField()
    expires_at = models.DateTimeField()
    grant_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "oauth_code"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "hash"], name="oauth_code_once")
        ]


class RequestCount(models.Model):
    """How many requests were taken in each step of the present window; not logged, since a lost count does no harm."""

    pk = models.CompositePrimaryKey("account_id", "subject")
    account_id = models.BigIntegerField()
    subject = models.TextField()
    steps = ArrayField(models.BigIntegerField())
    counts = ArrayField(models.IntegerField())
    granted = models.IntegerField()

    class Meta:
        db_table = "request_count"

"""Which tables an installation has, by the last migration of each part; and which version of Kalends it is."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from django.apps import apps
from psycopg import Connection


def schema_of(db: Connection[Any]) -> dict[str, str]:
    """The last migration of each part of the product that has tables."""
    ours = [config.label for config in apps.get_app_configs() if config.name.startswith("kalends.")]
    rows = db.execute(
        "SELECT app, max(name) FROM django_migrations WHERE app = ANY(%s) GROUP BY app ORDER BY app", [ours]
    ).fetchall()
    return dict(rows)


def product_version() -> str:
    """The version of Kalends that is running."""
    try:
        return metadata.version("kalends")
    except metadata.PackageNotFoundError:
        project = Path(__file__).resolve().parents[3] / "pyproject.toml"
        return tomllib.loads(project.read_text("utf-8"))["project"]["version"]

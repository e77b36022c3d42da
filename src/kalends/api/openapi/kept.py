"""The document that was last released, as the repository keeps it."""

from __future__ import annotations

from pathlib import Path

KEPT = Path(__file__).parents[4] / "docs" / "openapi.json"
"""Where it is; only a checkout has it, not an installed package."""

"""The pains are told in the shop of the stories, and its books are proved in the same way afterwards."""

from __future__ import annotations

from tests.scenarios.conftest import _compiled_translations, open_shop, shop

__all__ = ["_compiled_translations", "open_shop", "shop"]

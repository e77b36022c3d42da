"""Saved views: what an index page shows, kept under a name, and the tabs that people keep open."""

from kalends.views.content import ColumnChoice, Content
from kalends.views.saved import SHARINGS, SavedView, Sharing, Viewer, ViewRefused, views_of
from kalends.views.services import clone_view, delete_view, overwrite_view, rename_view, save_view, share_view
from kalends.views.tabs import TABS_MAX, default_tabs, open_tabs, set_default_tabs, set_tabs

__all__ = [
    "SHARINGS",
    "TABS_MAX",
    "ColumnChoice",
    "Content",
    "SavedView",
    "Sharing",
    "ViewRefused",
    "Viewer",
    "clone_view",
    "default_tabs",
    "delete_view",
    "open_tabs",
    "overwrite_view",
    "rename_view",
    "save_view",
    "set_default_tabs",
    "set_tabs",
    "share_view",
    "views_of",
]

"""Reports that people put together themselves, of any objects: defined, worked out, written, kept."""

from kalends.insight.custom.definition import (
    FORMS,
    LAYOUTS,
    SHAPES,
    CustomReport,
    Dimension,
    Measure,
    What,
    WrongReport,
    read_report,
)
from kalends.insight.custom.result import Result, TooManyGroups, work_out

__all__ = [
    "FORMS",
    "LAYOUTS",
    "SHAPES",
    "CustomReport",
    "Dimension",
    "Measure",
    "Result",
    "TooManyGroups",
    "What",
    "WrongReport",
    "read_report",
    "work_out",
]

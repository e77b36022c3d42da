"""What each kind of action does, for all records that stand at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kalends.workflows.actions import assigning, calling, making, onward, telling, waiting, writing
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import (
    Action,
    Assign,
    Branch,
    BranchByValue,
    CallWebhook,
    ChangeSegment,
    CreateRecord,
    EnrollElsewhere,
    MailContact,
    MailTeam,
    MakeTask,
    Notify,
    SetProperty,
    Split,
    WaitFor,
    WaitForEvent,
    WaitForHours,
    WaitForTime,
    WaitUntil,
)
from kalends.workflows.places import Place, Result

Doing = Callable[[Block, Any, Sequence[Place]], dict[int, Result]]

DOING: Mapping[type[Action], Doing] = {
    Notify: telling.notify,
    MailTeam: telling.mail_team,
    MailContact: telling.mail_contact,
    SetProperty: writing.set_property,
    CreateRecord: making.create_record,
    Assign: assigning.assign,
    MakeTask: assigning.make_task,
    ChangeSegment: onward.change_segment,
    CallWebhook: calling.call_webhook,
    EnrollElsewhere: onward.enroll_elsewhere,
    Branch: onward.branch,
    BranchByValue: onward.branch_by_value,
    Split: onward.split,
    WaitFor: waiting.wait_for,
    WaitUntil: waiting.wait_until,
    WaitForTime: waiting.wait_for_time,
    WaitForHours: waiting.wait_for_hours,
    WaitForEvent: waiting.wait_for_event,
}
"""By kind. None of these modules imports a room that moves money, and a test holds them to it."""


def do_action(block: Block, action: Action, places: Sequence[Place]) -> dict[int, Result]:
    """Do an action for records; returns what came of it, by enrollment."""
    return DOING[type(action)](block, action, places)

"""The steps of a workflow as they are drawn: one below the other, branches side by side, each with its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.kinds import KINDS
from kalends.staff.workflows.problems import Told
from kalends.staff.workflows.words import step_words, way_label
from kalends.workflows.reading import Json
from kalends.workflows.shaping import START, Slot, forks, slots_of, steps_of, target


@dataclass
class Fork:
    """A way out of a step that has several. ``way`` is its number where it can be edited."""

    label: str
    way: str
    step: str
    pieces: list[Piece]
    needs: str = ""


@dataclass
class Piece:
    """A step, a jump to one that is drawn already, or the end. ``slot`` is the place before it."""

    slot: str
    id: str = ""
    number: int = 0
    kind: str = ""
    label: str = ""
    icon: str = ""
    title: str = ""
    under: str = ""
    count: str = ""
    problems: Sequence[str] = ()
    jumps: bool = False
    forks: list[Fork] = field(default_factory=list[Fork])

    @property
    def name(self) -> str:
        """What it is called where somebody chooses among steps."""
        return _("Step %(number)s, %(label)s: %(title)s") % {
            "number": self.number,
            "label": self.label,
            "title": self.title,
        }


@dataclass
class Drawing:
    """All steps of a definition."""

    pieces: list[Piece]
    steps: dict[str, Piece]


def draw(
    desk: Desk, definition: Json, problems: Sequence[Told] = (), counts: Mapping[str, str] | None = None
) -> Drawing:
    """Draw a definition; ``counts`` has how many records went through each step."""
    pen = _Pen(desk, definition, problems, counts or {})
    return Drawing(pen.chain(Slot(START)), pen.drawn)


class _Pen:
    def __init__(
        self, desk: Desk, definition: Json, problems: Sequence[Told], counts: Mapping[str, str]
    ) -> None:
        self.desk, self.definition, self.problems, self.counts = desk, definition, problems, counts
        self.steps = steps_of(definition)
        self.drawn: dict[str, Piece] = {}

    def chain(self, slot: Slot) -> list[Piece]:
        """What follows from a place on, until the end or a fork."""
        pieces: list[Piece] = []
        while True:
            id_ = target(self.definition, slot)
            step = self.steps.get(id_)
            if step is None:
                pieces.append(Piece(slot.word))
                return pieces
            if id_ in self.drawn:
                seen = self.drawn[id_]
                pieces.append(
                    Piece(slot.word, id_, seen.number, title=seen.title, label=seen.label, jumps=True)
                )
                return pieces
            piece = self._step(slot, step)
            pieces.append(piece)
            if forks(step):
                piece.forks = [self._fork(step, each) for each in slots_of(step)]
                return pieces
            slot = Slot("next", id_)

    def _step(self, slot: Slot, step: Json) -> Piece:
        id_ = str(step["id"])
        kind, said = KINDS[step["do"]], step_words(self.desk, step)
        mine = [each.text for each in self.problems if each.home == "step" and each.key == id_]
        piece = Piece(
            slot.word,
            id_,
            len(self.drawn) + 1,
            str(step["do"]),
            str(kind.label),
            kind.icon,
            said.title,
            said.under,
            self.counts.get(id_, ""),
            mine,
        )
        self.drawn[id_] = piece
        return piece

    def _fork(self, step: Json, slot: Slot) -> Fork:
        edited = slot.way if slot.way.isdigit() and step["do"] in ("branch", "branch_by_value") else ""
        needs = ""
        if edited:
            way = step["ways" if step["do"] == "branch" else "cases"][int(slot.way)]
            given = (way.get("filter") or {}).get("groups") if step["do"] == "branch" else way.get("values")
            needs = "" if given else _("Nothing fits yet: say what does.")
        return Fork(way_label(self.desk, step, slot.way), edited, str(step["id"]), self.chain(slot), needs)


def place_names(desk: Desk, definition: Json, slots: Sequence[Slot]) -> list[tuple[str, str]]:
    """Places in words, for a choice among them: ``After step 2, Delay: Wait 3 days``."""
    drawing, steps = draw(desk, definition), steps_of(definition)
    named: list[tuple[int, str, str]] = []
    for slot in slots:
        if slot.way == START:
            named.append((0, slot.word, _("At the beginning")))
        elif slot.step in drawing.steps:
            piece, step = drawing.steps[slot.step], steps[slot.step]
            words = _("After step %(number)s, %(label)s: %(title)s") % {
                "number": piece.number,
                "label": piece.label,
                "title": piece.title,
            }
            if forks(step):
                words = _("%(place)s, way “%(way)s”") % {
                    "place": words,
                    "way": way_label(desk, step, slot.way),
                }
            named.append((piece.number, slot.word, words))
    return [(word, words) for _number, word, words in sorted(named, key=lambda each: each[0])]

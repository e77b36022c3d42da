"""Pipelines and their stages."""

from __future__ import annotations

from kalends.api.openapi.described.examples import MOMENT, OWN_PIPELINE, OWN_STAGE
from kalends.api.openapi.terms import (
    ARCHIVED,
    Operation,
    Schema,
    array,
    flag,
    listed,
    mapping,
    moment,
    number,
    of,
    ref,
    shape,
    text,
)

_TAG = "Pipelines"
_TYPES = ("deals", "tickets", "orders")
_DEALS = {"type": "deals"}
_ONE = {**_DEALS, "pipeline": "default"}
_STAGE_OF_DEFAULT = {**_ONE, "stage": "contractsent"}
_OWN_PIPELINE = {**_DEALS, "pipeline": OWN_PIPELINE}
_OWN_STAGE = {**_OWN_PIPELINE, "stage": OWN_STAGE}
_ORDER = number(minimum=-1, maximum=2**31 - 1)
_METADATA: Schema = shape(
    {},
    {
        "isClosed": of(["string", "boolean"], "true or false."),
        "ticketState": text("Of tickets.", enum=["OPEN", "CLOSED"]),
        "probability": of(["string", "number"], "Of deals, from 0.0 to 1.0.", minimum=0, maximum=1,
                          pattern=r"^(0(\.[0-9]{1,3})?|1(\.0)?)$"),
    },
)  # fmt: skip
_STAGE = {
    "id": "contractsent",
    "label": "Contract sent",
    "displayOrder": 4,
    "metadata": {"isClosed": "false", "probability": "0.9"},
    "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "archived": False,
}
_PIPELINE = {
    "id": "default", "label": "Sales pipeline", "displayOrder": 0, "stages": [_STAGE],
    "createdAt": MOMENT, "updatedAt": MOMENT, "archived": False,
}  # fmt: skip
_MOMENTS = {"createdAt": moment(), "updatedAt": moment(), "archived": flag()}
_NEW_STAGES = [
    {"stageId": "asked", "label": "Asked", "displayOrder": 0, "metadata": {"probability": "0.2"}},
    {"stageId": "kept", "label": "Kept", "displayOrder": 1,
     "metadata": {"probability": "1.0", "isClosed": "true"}},
]  # fmt: skip

COMPONENTS = {
    "Pipeline": shape(
        {"id": text(), "label": text(), "displayOrder": number(), "stages": array(ref("Stage")), **_MOMENTS},
        {"archivedAt": moment()},
        example=_PIPELINE,
    ),
    "Stage": shape(
        {
            "id": text(),
            "label": text(),
            "displayOrder": number(),
            "metadata": mapping(text(), "isClosed, probability of deals, ticketState of tickets."),
            "writePermissions": text(),
            **_MOMENTS,
        },
        {"archivedAt": moment()},
        example=_STAGE,
    ),
    "PipelineList": listed("Pipeline", example={"results": [_PIPELINE]}),
    "StageList": listed("Stage", example={"results": [_STAGE]}),
    "NewPipeline": shape(
        {"label": text(minLength=1), "stages": array(ref("NewStage"), minItems=1)}, {"displayOrder": _ORDER}
    ),
    "PipelineChange": shape({}, {"label": text(minLength=1), "displayOrder": _ORDER}),
    "NewStage": shape(
        {"label": text(minLength=1)},
        {"stageId": text("Made of the label where it is not given."), "displayOrder": _ORDER, "metadata": _METADATA},
    ),
    "StageReplacement": shape({"label": text(minLength=1), "displayOrder": _ORDER}, {"metadata": _METADATA}),
    "StageChange": shape({}, {"label": text(minLength=1), "displayOrder": _ORDER, "metadata": _METADATA}),
    "Audit": shape(
        {
            "portalId": number(),
            "identifier": text("The pipeline or the stage."),
            "action": text(),
            "timestamp": moment(),
            "message": text("Who did it."),
            "rawObject": mapping({}, "What was said of it."),
        }
    ),
    "AuditList": listed("Audit"),
}  # fmt: skip

OPERATIONS = (
    Operation("pipelines.list_pipelines", "listPipelines", _TAG, {200: "PipelineList"}, path=_DEALS, types=_TYPES,
        query=(ARCHIVED,)),
    Operation("pipelines.make_pipeline", "createPipeline", _TAG, {201: "Pipeline"}, path=_DEALS, types=_TYPES,
        body="NewPipeline", example={"label": "Partners", "displayOrder": 2, "stages": _NEW_STAGES}),
    Operation("pipelines.read_pipeline", "readPipeline", _TAG, {200: "Pipeline"}, path=_ONE, types=_TYPES),
    Operation("pipelines.change_pipeline", "updatePipeline", _TAG, {200: "Pipeline"}, path=_ONE, types=_TYPES,
        body="PipelineChange", example={"label": "Sales"}),
    Operation("pipelines.replace_pipeline", "replacePipeline", _TAG, {200: "Pipeline"}, path=_OWN_PIPELINE,
        types=_TYPES, body="NewPipeline", example={"label": "Renewals", "displayOrder": 1, "stages": _NEW_STAGES},
        description="Stages that the body names, by id or by label, stay; the others are archived."),
    Operation("pipelines.remove_pipeline", "archivePipeline", _TAG, {204: ""}, path=_OWN_PIPELINE, types=_TYPES),
    Operation("pipelines.audit_pipeline", "auditPipeline", _TAG, {200: "AuditList"}, path=_ONE, types=_TYPES),
    Operation("pipelines.list_stages", "listStages", _TAG, {200: "StageList"}, path=_ONE, types=_TYPES),
    Operation("pipelines.make_stage", "createStage", _TAG, {201: "Stage"}, path=_ONE, types=_TYPES,
        body="NewStage", example={"label": "Waiting", "displayOrder": 5, "metadata": {"probability": "0.5"}}),
    Operation("pipelines.read_stage", "readStage", _TAG, {200: "Stage"}, path=_STAGE_OF_DEFAULT, types=_TYPES),
    Operation("pipelines.change_stage", "updateStage", _TAG, {200: "Stage"}, path=_STAGE_OF_DEFAULT, types=_TYPES,
        body="StageChange", example={"metadata": {"probability": "0.85"}}),
    Operation("pipelines.replace_stage", "replaceStage", _TAG, {200: "Stage"}, path=_STAGE_OF_DEFAULT, types=_TYPES,
        body="StageReplacement", example={"label": "Contract is out", "displayOrder": 4}),
    Operation("pipelines.remove_stage", "archiveStage", _TAG, {204: ""}, path=_OWN_STAGE, types=_TYPES),
    Operation("pipelines.audit_stage", "auditStage", _TAG, {200: "AuditList"}, path=_STAGE_OF_DEFAULT, types=_TYPES),
)  # fmt: skip

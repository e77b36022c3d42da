import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, client, make, refused, unique } from "./kalends.js";

const { coreApi, batchApi, groupsApi } = client.crm.properties;
const { pipelinesApi, pipelineStagesApi, pipelineAuditsApi } = client.crm.pipelines;
const text = (name) => ({ name, label: "Shoe size", groupName: "contactinformation", type: "number", fieldType: "number" });

test("a property of one's own from beginning to end", async () => {
  const name = unique("shoe");
  const made = await coreApi.create("contacts", text(name));
  assert.deepEqual([made.name, made.type, made.hubspotDefined ?? false], [name, "number", false]);
  assert.equal((await coreApi.update("contacts", name, { label: "Size of shoes" })).label, "Size of shoes");
  const id = await make("contacts", { firstname: "Ada", [name]: 38.5 });
  assert.equal((await client.crm.contacts.basicApi.getById(id, [name])).properties[name], "38.5");
  assert.ok((await coreApi.getAll("contacts")).results.some((each) => each.name === name));
  const problem = await refused(coreApi.create("contacts", text(name)), 409, "OBJECT_ALREADY_EXISTS");
  assert.equal(problem.headers["x-should-retry"], "false");

  await coreApi.archive("contacts", name);
  await refused(coreApi.getByName("contacts", name), 404, "OBJECT_NOT_FOUND");
  assert.equal((await coreApi.getByName("contacts", name, true)).archived, true);
});

test("options of an enumeration are checked", async () => {
  const name = unique("size");
  const options = ["s", "m"].map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false }));
  await coreApi.create("deals", { ...text(name), groupName: "dealinformation", type: "enumeration", fieldType: "select", options });
  const properties = { dealname: "Renewal", dealstage: "contractsent", [name]: "xl" };
  const problem = await refused(client.crm.deals.basicApi.create({ properties }), 400, "VALIDATION_ERROR");
  assert.equal(problem.body.errors[0].code, "INVALID_OPTION");
});

test("what the product declares cannot be changed", async () => {
  const email = await coreApi.getByName("contacts", "email");
  assert.equal(email.hubspotDefined, true);
  assert.equal(email.modificationMetadata.archivable, false);
  await refused(coreApi.archive("contacts", "email"), 400, "VALIDATION_ERROR");
});

test("properties in bulk", async () => {
  const names = [unique("one"), unique("two")];
  assert.equal((await batchApi.create("companies", { inputs: names.map((name) => ({ ...text(name), groupName: "companyinformation" })) })).results.length, 2);
  const read = await batchApi.read("companies", { archived: false, inputs: [...names, "no_such"].map((name) => ({ name })) });
  assert.deepEqual(read.results.map((each) => each.name).sort(), [...names].sort());
  assert.equal(read.numErrors, 1);
  await batchApi.archive("companies", { inputs: names.map((name) => ({ name })) });
  await refused(coreApi.getByName("companies", names[0]), 404, "OBJECT_NOT_FOUND");
});

test("groups of properties", async () => {
  const name = unique("group");
  await groupsApi.create("contacts", { name, label: "Shoes", displayOrder: 3 });
  assert.equal((await groupsApi.update("contacts", name, { label: "Boots" })).label, "Boots");
  assert.equal((await groupsApi.getByName("contacts", name)).label, "Boots");
  assert.ok((await groupsApi.getAll("contacts")).results.some((each) => each.name === name));
  await groupsApi.archive("contacts", name);
  await refused(groupsApi.getByName("contacts", name), 404, "OBJECT_NOT_FOUND");
});

test("the pipeline that integrations expect", async () => {
  const { results } = await pipelinesApi.getAll("deals");
  const stages = results.find((each) => each.id === "default").stages;
  assert.deepEqual(
    stages.map((each) => each.id),
    ["appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent", "closedwon", "closedlost"],
  );
  assert.deepEqual(stages.at(-2).metadata.isClosed, "true");
});

test("a pipeline of one's own", async () => {
  const stage = (label, displayOrder, probability) => ({ label, displayOrder, metadata: { probability } });
  const body = { label: unique("Partners"), displayOrder: 1, stages: [stage("New", 0, "0.2"), stage("Won", 1, "1.0")] };
  const made = await pipelinesApi.create("deals", body);
  assert.equal((await pipelinesApi.update("deals", made.id, { displayOrder: 2 })).displayOrder, 2);
  const more = await pipelineStagesApi.create("deals", made.id, stage("Half", 2, "0.5"));
  assert.equal((await pipelineStagesApi.update("deals", made.id, more.id, { label: "Halfway", metadata: { probability: "0.5" } })).label, "Halfway");
  assert.equal((await pipelineStagesApi.getAll("deals", made.id)).results.length, 3);
  await pipelineStagesApi.archive("deals", made.id, more.id);
  const replaced = await pipelinesApi.replace("deals", made.id, { ...body, stages: body.stages.slice(0, 1) });
  assert.deepEqual(replaced.stages.filter((each) => !each.archived).map((each) => each.label), ["New"]);
  assert.ok((await pipelineAuditsApi.getAudit("deals", made.id)).results.length >= 1);
  await pipelinesApi.archive("deals", made.id);
  await refused(pipelinesApi.getById("deals", made.id), 404, "OBJECT_NOT_FOUND");
});

test("owners are the users of the account", async () => {
  const { ownersApi } = client.crm.owners;
  const { results } = await ownersApi.getPage();
  const owner = results[0];
  assert.deepEqual([owner.email, owner.type, owner.archived], ["olive@example.com", "PERSON", false]);
  assert.equal((await ownersApi.getById(Number(owner.id))).email, "olive@example.com");
  assert.equal((await ownersApi.getById(owner.userId, "userId")).id, owner.id);
  assert.deepEqual((await ownersApi.getPage("nobody@example.com")).results, []);
  const id = await make("contacts", { firstname: "Ada", hubspot_owner_id: owner.id });
  assert.equal((await client.crm.contacts.basicApi.getById(id, ["hubspot_owner_id"])).properties.hubspot_owner_id, owner.id);
  await refused(ownersApi.getById(99999999), 404, "OBJECT_NOT_FOUND");
});

test("the account tells its number and its currency", async () => {
  const { body } = await ask("GET", "/account-info/v3/details");
  assert.deepEqual([typeof body.portalId, body.companyCurrency, body.timeZone], ["number", "EUR", "Europe/Oslo"]);
  assert.deepEqual((await client.crm.schemas.coreApi.getAll()).results, []);
});

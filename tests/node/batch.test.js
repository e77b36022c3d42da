import assert from "node:assert/strict";
import { test } from "node:test";

import { client, make, refused, shown, unique } from "./kalends.js";

const { batchApi } = client.crm.contacts;

test("a batch is made, changed, read and archived", async () => {
  const inputs = ["Ada", "Grace", "Joan"].map((firstname) => ({ properties: { firstname }, associations: [] }));
  const made = await batchApi.create({ inputs });
  assert.equal(made.status, "COMPLETE");
  assert.ok(made.startedAt instanceof Date && made.completedAt instanceof Date);
  const ids = made.results.map((each) => each.id);

  const changed = await batchApi.update({ inputs: ids.map((id) => ({ id, properties: { city: "London" } })) });
  assert.deepEqual(changed.results.map((each) => each.properties.city), ["London", "London", "London"]);
  const read = await batchApi.read({
    inputs: ids.map((id) => ({ id })),
    properties: ["firstname"],
    propertiesWithHistory: ["city"],
  });
  assert.deepEqual(read.results.map((each) => each.properties.firstname).sort(), ["Ada", "Grace", "Joan"]);
  assert.equal(read.results[0].propertiesWithHistory.city[0].value, "London");

  await batchApi.archive({ inputs: [...ids, "99999999999"].map((id) => ({ id })) });
  const archived = await batchApi.read({ inputs: [{ id: ids[0] }], properties: [], propertiesWithHistory: [] }, true);
  assert.equal(archived.results[0].archived, true);
});

test("what is missing is told beside what was found", async () => {
  const id = await make("contacts", { firstname: "Ada" });
  const inputs = [{ id }, { id: "99999999998" }, { id: "99999999999" }];
  const answer = await batchApi.read({ inputs, properties: ["firstname"], propertiesWithHistory: [] });
  assert.deepEqual(answer.results.map((each) => each.id), [id]);
  assert.equal(answer.numErrors, 1);
  assert.equal(answer.errors[0].category, "OBJECT_NOT_FOUND");
  assert.deepEqual([...answer.errors[0].context.ids].sort(), ["99999999998", "99999999999"]);
});

test("one wrong value refuses a batch, unless each input has a trace id", async () => {
  const lastname = unique("Lovelace");
  const input = (more, objectWriteTraceId) => ({ properties: { lastname, ...more }, associations: [], objectWriteTraceId });
  const problem = await refused(
    batchApi.create({ inputs: [input({}), input({ colour: "blue" })] }),
    400,
    "VALIDATION_ERROR",
  );
  assert.equal(problem.body.errors[0].code, "PROPERTY_DOESNT_EXIST");
  const filters = [{ propertyName: "lastname", operator: "EQ", value: lastname }];
  assert.equal((await client.crm.contacts.searchApi.doSearch({ filterGroups: [{ filters }] })).total, 0);

  const partly = await batchApi.create({ inputs: [input({}, "t-1"), input({ colour: "blue" }, "t-2")] });
  assert.deepEqual(partly.results.map((each) => each.objectWriteTraceId), ["t-1"]);
  assert.deepEqual(partly.errors.map((each) => each.context.objectWriteTraceId), [["t-2"]]);
});

test("an upsert makes what is new and changes what is there", async () => {
  const [old, fresh] = [unique("old"), unique("fresh")].map((word) => `${word}@example.com`);
  const there = await make("contacts", { email: old, firstname: "Ada" });
  const inputs = [old, fresh].map((id) => ({ id, idProperty: "email", properties: { firstname: "Augusta" } }));
  const answer = await batchApi.upsert({ inputs });
  const news = Object.fromEntries(answer.results.map((each) => [each.properties.email, each._new]));
  assert.deepEqual(news, { [old]: false, [fresh]: true });
  assert.equal(await shown("contacts", there, "firstname"), "Augusta");
});

test("more than a hundred inputs are refused", async () => {
  const inputs = Array.from({ length: 101 }, () => ({ properties: { firstname: "P" }, associations: [] }));
  await refused(batchApi.create({ inputs }), 400, "VALIDATION_ERROR");
});

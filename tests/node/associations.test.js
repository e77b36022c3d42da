import assert from "node:assert/strict";
import { test } from "node:test";

import { client, make, refused, unique } from "./kalends.js";

const { v4, v3 } = { v4: client.crm.associations.v4, v3: client.crm.associations };

const defined = (associationTypeId) => ({ associationCategory: "HUBSPOT_DEFINED", associationTypeId });
const pair = async () => [await make("contacts", { firstname: "Ada" }), await make("companies", { name: "Nordlys" })];
const types = async (from, id, to) => {
  const { results } = await v4.basicApi.getPage(from, id, to);
  return results.map((each) => [String(each.toObjectId), each.associationTypes.map((type) => type.typeId).sort((a, b) => a - b)]);
};

test("a tie is made, seen from both sides, and untied", async () => {
  const [contact, company] = await pair();
  const made = await v4.basicApi.create("contacts", contact, "companies", company, [defined(279)]);
  assert.deepEqual([made.fromObjectTypeId, String(made.toObjectId), made.labels], ["0-1", company, []]);
  assert.deepEqual(await types("contact", contact, "company"), [[company, [279]]]);
  assert.deepEqual(await types("companies", company, "contacts"), [[contact, [280]]]);
  await v4.basicApi.archive("contacts", contact, "companies", company);
  await v4.basicApi.archive("contacts", contact, "companies", company);
  assert.deepEqual(await types("contact", contact, "company"), []);
});

test("a plain tie is told in both directions", async () => {
  const [contact, company] = await pair();
  const answer = await v4.basicApi.createDefault("contacts", contact, "companies", company);
  assert.equal(answer.status, "COMPLETE");
  assert.deepEqual(answer.results.map((each) => each.associationSpec.associationTypeId).sort(), [279, 280]);
});

test("a primary company is primary and plain", async () => {
  const [contact, company] = await pair();
  await v4.basicApi.create("contacts", contact, "companies", company, [defined(1)]);
  assert.deepEqual(await types("contacts", contact, "companies"), [[company, [1, 279]]]);
});

test("ties are made, read and untied in bulk", async () => {
  const [[one, here], [two, there]] = [await pair(), await pair()];
  const inputs = [[one, here], [two, there]].map(([from, to]) => ({ _from: { id: from }, to: { id: to }, types: [defined(279)] }));
  const made = await v4.batchApi.create("contacts", "companies", { inputs });
  assert.deepEqual(made.results.map((each) => String(each.toObjectId)), [here, there]);
  const alone = await make("contacts", { firstname: "Alone" });
  const read = await v4.batchApi.getPage("contacts", "companies", { inputs: [one, two, alone].map((id) => ({ id })) });
  assert.deepEqual(read.results.map((each) => [each._from.id, String(each.to[0].toObjectId)]), [[one, here], [two, there]]);
  assert.equal(read.errors[0].subCategory, "crm.associations.NO_ASSOCIATIONS_FOUND");
  await v4.batchApi.archive("contacts", "companies", { inputs: [{ _from: { id: one }, to: [{ id: here }] }] });
  assert.deepEqual(await types("contacts", one, "companies"), []);
  const plain = await v4.batchApi.createDefault("contacts", "companies", { inputs: [{ _from: { id: one }, to: { id: there } }] });
  assert.equal(plain.results.length, 2);
});

test("an account makes labels of its own", async () => {
  const { definitionsApi } = v4.schema;
  const name = unique("adviser").toLowerCase();
  const made = await definitionsApi.create("contacts", "deals", { label: name, name, inverseLabel: `${name} of` });
  const mine = made.results.find((each) => each.label === name);
  assert.equal(mine.category, "USER_DEFINED");
  await definitionsApi.update("contacts", "deals", { associationTypeId: mine.typeId, label: `${name}!` });
  const all = await definitionsApi.getAll("contacts", "deals");
  assert.deepEqual(
    all.results.filter((each) => [4, mine.typeId].includes(each.typeId)).map((each) => each.label),
    [null, `${name}!`],
  );

  const [contact] = await pair();
  const deal = await make("deals", { dealname: "Renewal", dealstage: "contractsent" });
  const own = { associationCategory: "USER_DEFINED", associationTypeId: mine.typeId };
  const tied = await v4.basicApi.create("contacts", contact, "deals", deal, [own]);
  assert.deepEqual(tied.labels, [`${name}!`]);
  await v4.batchApi.archiveLabels("contacts", "deals", { inputs: [{ _from: { id: contact }, to: { id: deal }, types: [own] }] });
  assert.deepEqual(await types("contacts", contact, "deals"), [[deal, [4]]]);
  await definitionsApi.remove("contacts", "deals", mine.typeId);
});

test("the forms of version 3 do the same", async () => {
  const [contact, company] = await pair();
  const inputs = [{ _from: { id: contact }, to: { id: company }, type: "contact_to_company_unlabeled" }];
  const made = await v3.batchApi.create("contacts", "companies", { inputs });
  assert.equal(made.results[0]._from.id, contact);
  const read = await v3.batchApi.read("contacts", "companies", { inputs: [{ id: contact }] });
  assert.deepEqual(read.results[0].to.map((each) => each.id), [company]);
  await v3.batchApi.archive("contacts", "companies", { inputs });
  assert.deepEqual(await types("contacts", contact, "companies"), []);
  const { results } = await v3.schema.typesApi.getAll("contacts", "companies");
  assert.ok(results.some((each) => each.id === "279"));
});

test("what cannot be tied is refused", async () => {
  const [contact, company] = await pair();
  const { basicApi } = v4;
  await refused(basicApi.create("contacts", contact, "companies", company, [defined(295)]), 400, "VALIDATION_ERROR");
  await refused(basicApi.create("contacts", contact, "companies", "99999999999", [defined(279)]), 404, "OBJECT_NOT_FOUND");
});

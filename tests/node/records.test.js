import assert from "node:assert/strict";
import { test } from "node:test";

import { client, make, refused, unique } from "./kalends.js";

for (const [name, api, first, second] of [
  ["contact", client.crm.contacts, { firstname: "Ada" }, { firstname: "Augusta" }],
  ["company", client.crm.companies, { name: "Nordlys AS", domain: "nordlys.example" }, { name: "Nordlys Drift AS" }],
  ["deal", client.crm.deals, { dealname: "Renewal", dealstage: "contractsent", amount: "250.5" }, { amount: "300" }],
  ["ticket", client.crm.tickets, { subject: "Help", hs_pipeline_stage: "1" }, { subject: "Help, please" }],
  ["product", client.crm.products, { name: "Seat", price: "100" }, { price: "90.25" }],
  ["line_item", client.crm.lineItems, { name: "Seat", price: "100", quantity: "2" }, { quantity: "3" }],
]) {
  test(`a ${name} from beginning to end`, async () => {
    const made = await api.basicApi.create({ properties: first, associations: [] });
    for (const [property, value] of Object.entries(first)) assert.equal(made.properties[property], value);
    assert.ok(made.createdAt instanceof Date && made.updatedAt instanceof Date);
    assert.equal(made.archived, false);

    const changed = await api.basicApi.update(made.id, { properties: second });
    const names = Object.keys(second);
    const read = await api.basicApi.getById(made.id, names, names);
    for (const property of names) {
      assert.equal(changed.properties[property], second[property]);
      assert.equal(read.properties[property], second[property]);
      assert.equal(read.propertiesWithHistory[property][0].value, second[property]);
      assert.ok(read.propertiesWithHistory[property][0].timestamp instanceof Date);
    }

    await api.basicApi.archive(made.id);
    await api.basicApi.archive(made.id);
    await refused(api.basicApi.getById(made.id), 404, "OBJECT_NOT_FOUND");
    const archived = await api.basicApi.getById(made.id, undefined, undefined, undefined, true);
    assert.equal(archived.archived, true);
    assert.ok(archived.archivedAt instanceof Date);
  });
}

test("a contact is found by its address, in any case", async () => {
  const email = `${unique("Ada.Lovelace+x")}@example.com`;
  const id = await make("contacts", { email });
  const { basicApi } = client.crm.contacts;
  const found = await basicApi.getById(email.toUpperCase(), ["email"], undefined, undefined, false, "email");
  assert.equal(found.id, id);
  const changed = await basicApi.update(email, { properties: { city: "London" } }, "email");
  assert.deepEqual([changed.id, changed.properties.city], [id, "London"]);
});

test("values of any kind are written, and come back as text or null", async () => {
  const { basicApi } = client.crm.companies;
  const name = "Ærlig & Søn ☀ \"quoted\" \\ <b>";
  const made = await basicApi.create({ properties: { name, annualrevenue: 1200000, phone: null, city: "Oslo" } });
  assert.equal(made.properties.annualrevenue, "1200000");
  const cleared = await basicApi.update(made.id, { properties: { city: "" } });
  const read = await basicApi.getById(made.id, ["name", "city", "phone", "nothing_of_the_kind"]);
  assert.deepEqual([read.properties.name, read.properties.city, read.properties.phone], [name, null, null]);
  assert.ok(!("nothing_of_the_kind" in read.properties));
  assert.equal(cleared.properties.city ?? null, null);
});

test("every page is read", async () => {
  const city = unique("City");
  const inputs = Array.from({ length: 60 }, (_, number) => ({
    properties: { name: `Company ${number}`, city },
    associations: [],
  }));
  for (let time = 0; time < 2; time += 1) await client.crm.companies.batchApi.create({ inputs });
  const all = await client.crm.companies.getAll(undefined, undefined, ["city"]);
  assert.equal(all.filter((company) => company.properties.city === city).length, 120);
  assert.equal(new Set(all.map((company) => company.id)).size, all.length);

  const first = await client.crm.companies.basicApi.getPage(7);
  const second = await client.crm.companies.basicApi.getPage(7, first.paging.next.after);
  assert.equal(new Set([...first.results, ...second.results].map((each) => each.id)).size, 14);
});

test("two contacts become one", async () => {
  const [kept, given] = [unique("kept"), unique("given")].map((word) => `${word}@example.com`);
  const primaryObjectId = await make("contacts", { email: kept, firstname: "Ada" });
  const objectIdToMerge = await make("contacts", { email: given, firstname: "Augusta", city: "London" });
  const merged = await client.crm.contacts.basicApi.merge({ primaryObjectId, objectIdToMerge });
  assert.equal(merged.id, primaryObjectId);
  assert.deepEqual([merged.properties.firstname, merged.properties.city], ["Ada", "London"]);
  await refused(client.crm.contacts.basicApi.getById("99999999999"), 404, "OBJECT_NOT_FOUND");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, client, make, refused, shown, tie, unique } from "./kalends.js";

const LIFE = "/payments-subscriptions/v1/subscriptions/crm";
const { basicApi, searchApi } = client.crm.objects;

async function seat(more = {}) {
  return make("line_items", { name: "Seat", price: "100", quantity: "2", recurringbillingfrequency: "monthly", ...more });
}

async function subscription(properties = {}, lines = [seat()]) {
  const contact = await make("contacts", { email: `${unique("ada")}@example.com`, firstname: "Ada" });
  const ties = [tie(contact, 295), ...(await Promise.all(lines)).map((id) => tie(id, 301))];
  return { contact, id: await make("subscriptions", { hs_name: "Gold", ...properties }, ties) };
}

test("a subscription is read, found and changed by the generic methods", async () => {
  const name = unique("Gold");
  const { contact, id } = await subscription({ hs_name: name });
  const read = await basicApi.getById("subscription", id, ["hs_name"], undefined, ["contacts", "line_items"]);
  assert.equal(read.properties.hs_name, name);
  assert.deepEqual(read.associations.contacts.results.map((each) => each.id), [contact]);
  assert.equal(read.associations.line_items.results.length, 1);
  assert.equal((await basicApi.update("0-69", id, { properties: { hs_name: `${name}!` } })).properties.hs_name, `${name}!`);
  const filters = [{ propertyName: "hs_name", operator: "EQ", value: `${name}!`.toLowerCase() }];
  const found = await searchApi.doSearch("Subscriptions", { filterGroups: [{ filters }], properties: ["hs_name"] });
  assert.deepEqual([found.total, found.results[0].id], [1, id]);
  await basicApi.archive("subscriptions", id);
  await refused(basicApi.getById("subscriptions", id), 404, "OBJECT_NOT_FOUND");
});

test("a subscription that is switched on is billed on its day", async () => {
  const today = (await ask("GET", "/kalends/v1/clock")).body.today;
  const { id } = await subscription({ hs_recurring_billing_start_date: today });
  const before = await shown("subscriptions", id, "hs_invoice_creation", "hs_next_payment_due_date");
  assert.deepEqual(before, ["off", null]);

  const on = await basicApi.update("subscriptions", id, { properties: { hs_invoice_creation: "on" } });
  assert.equal(on.properties.hs_next_payment_due_date, today);
  assert.equal(on.properties.hs_next_payment_amount, "200.00");

  await ask("POST", "/kalends/v1/clock/advance", { duration: "2d" });
  const read = await basicApi.getById("subscriptions", id, ["hs_next_payment_due_date"], undefined, ["invoices"]);
  assert.equal(read.associations.invoices.results.length, 1);
  const invoice = read.associations.invoices.results[0].id;
  assert.deepEqual(await shown("invoices", invoice, "hs_amount_billed", "hs_invoice_status"), ["200.00", "open"]);
  await refused(basicApi.archive("subscriptions", id), 400, "VALIDATION_ERROR");
});

test("what cannot be billed cannot be switched on", async () => {
  const id = await make("subscriptions", { hs_name: "Nobody's" }, [tie(await seat(), 301)]);
  const on = basicApi.update("subscriptions", id, { properties: { hs_invoice_creation: "on" } });
  assert.match((await refused(on, 400, "VALIDATION_ERROR")).body.message, /contact/);
});

test("a subscription is paused, resumed and canceled by free-form requests", async () => {
  const { id } = await subscription({ hs_invoice_creation: "on" });
  const paused = await ask("POST", `${LIFE}/${id}/pause`, { pauseReason: "On leave" });
  assert.deepEqual([paused.status, paused.body.status], [200, "paused"]);
  assert.equal((await ask("POST", `${LIFE}/${id}/unpause`)).status, 200);
  const canceled = await ask("POST", `${LIFE}/${id}/cancel`);
  assert.deepEqual([canceled.status, canceled.body.status], [200, "canceled"]);
  assert.equal(await shown("subscriptions", id, "hs_status"), "canceled");

  const again = await ask("POST", `${LIFE}/${id}/cancel`);
  assert.deepEqual([again.status, again.body.category], [400, "VALIDATION_ERROR"]);
  assert.equal((await ask("POST", `${LIFE}/99999999999/cancel`)).status, 404);
  await basicApi.archive("subscriptions", id);
});

test("a request under a key is done once", async () => {
  const headers = { "Idempotency-Key": unique("key") };
  const body = { properties: { hs_name: unique("Once") } };
  const [first, again] = [
    await ask("POST", "/crm/v3/objects/subscriptions", body, headers),
    await ask("POST", "/crm/v3/objects/subscriptions", body, headers),
  ];
  assert.deepEqual([first.status, again.status, again.body.id], [201, 201, first.body.id]);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
});

test("a change of what has changed in the meantime is refused", async () => {
  const { id } = await subscription();
  const read = await ask("GET", `/crm/v3/objects/subscriptions/${id}`);
  const headers = { "If-Match": read.headers.get("etag") };
  await basicApi.update("subscriptions", id, { properties: { hs_name: "Silver" } });
  const late = await ask("PATCH", `/crm/v3/objects/subscriptions/${id}`, { properties: { hs_name: "Bronze" } }, headers);
  assert.equal(late.status, 412);
  assert.equal(await shown("subscriptions", id, "hs_name"), "Silver");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, client, clientWith, make, refused, tokens, unique } from "./kalends.js";

const { basicApi } = client.crm.contacts;

test("everything wrong with a record is told at once", async () => {
  const properties = { email: "not an address", colour: "blue", hubspot_owner_id: "nobody", hs_object_id: "7" };
  const problem = await refused(basicApi.create({ properties, associations: [] }), 400, "VALIDATION_ERROR");
  const told = Object.fromEntries(problem.body.errors.map((each) => [each.context.propertyName[0], each.code]));
  assert.deepEqual(told, {
    email: "INVALID_EMAIL",
    colour: "PROPERTY_DOESNT_EXIST",
    hubspot_owner_id: "INVALID_OPTION",
    hs_object_id: "READ_ONLY_VALUE",
  });
  assert.equal(problem.headers["x-hubspot-correlation-id"], problem.body.correlationId);
});

test("a second contact of one address is refused, and the first is named", async () => {
  const email = `${unique("ada")}@example.com`;
  const id = await make("contacts", { email });
  const problem = await refused(basicApi.create({ properties: { email }, associations: [] }), 409, "CONFLICT");
  assert.equal(problem.body.message, `Contact already exists. Existing ID: ${id}`);
});

test("a token that is not known opens nothing", async () => {
  const stranger = clientWith("nonsense").crm.contacts.basicApi;
  await refused(stranger.getPage(), 401, "INVALID_AUTHENTICATION");
});

test("a token opens what its scopes allow", async () => {
  const narrow = clientWith(tokens.narrow).crm;
  assert.ok(Array.isArray((await narrow.contacts.basicApi.getPage(1)).results));
  const problem = await refused(narrow.deals.basicApi.getPage(1), 403, "MISSING_SCOPES");
  assert.deepEqual(problem.body.errors[0].context.requiredGranularScopes, ["crm.objects.deals.read"]);
  await refused(narrow.contacts.basicApi.create({ properties: { firstname: "Ada" } }), 403, "MISSING_SCOPES");
});

test("objects that there are not, and pages that are too long", async () => {
  const problem = await refused(client.crm.objects.basicApi.getPage("unicorns"), 400, "VALIDATION_ERROR");
  assert.equal(problem.body.message, "Unable to infer object type from: unicorns");
  await refused(basicApi.getPage(101), 400, "VALIDATION_ERROR");
});

test("a body that is no JSON, and a method that is not answered", async () => {
  const answer = await client.apiRequest({
    method: "POST",
    path: "/crm/v3/objects/contacts",
    body: "{oops",
    defaultJson: false,
    headers: { "Content-Type": "application/json" },
  });
  assert.equal(answer.status, 400);
  assert.match((await answer.json()).message, /^Invalid input JSON on line 1, column/);
  assert.equal((await ask("PUT", "/crm/v3/objects/contacts", {})).status, 405);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, Signature, app } from "./kalends.js";

const { clientSecret, delivery } = app;
const { settingsApi, subscriptionsApi } = new Client({ developerApiKey: app.developerKey, basePath: app.address }).webhooks;
const id = Number(app.id);

test("an app says where it is told of changes, and of which", async () => {
  const wanted = { targetUrl: "https://sync.example.com/hooks", throttling: { maxConcurrentRequests: 5 } };
  const set = await settingsApi.configure(id, wanted);
  assert.deepEqual([set.targetUrl, set.throttling.maxConcurrentRequests], [wanted.targetUrl, 5]);
  assert.equal((await settingsApi.getAll(id)).targetUrl, wanted.targetUrl);

  const body = { eventType: "contact.propertyChange", propertyName: "email", active: true };
  const made = await subscriptionsApi.create(id, body);
  assert.deepEqual([made.eventType, made.propertyName, made.active], [body.eventType, "email", true]);
  assert.equal((await subscriptionsApi.update(Number(made.id), id, { active: false })).active, false);
  const changed = await subscriptionsApi.updateBatch(id, { inputs: [{ id: Number(made.id), active: true }] });
  assert.deepEqual(changed.results.map((each) => each.active), [true]);
  assert.deepEqual((await subscriptionsApi.getAll(id)).results.map((each) => each.id), [made.id]);
  await subscriptionsApi.archive(Number(made.id), id);
  await settingsApi.clear(id);
  await assert.rejects(settingsApi.getAll(id), ({ code }) => code === 404);
});

test("a key opens the doors of its own app alone", async () => {
  await assert.rejects(settingsApi.getAll(id + 1), ({ code }) => code === 404);
  const stranger = new Client({ developerApiKey: "nonsense", basePath: app.address }).webhooks;
  await assert.rejects(stranger.settingsApi.getAll(id), ({ code }) => code === 401);
});

for (const [signatureVersion, signature] of Object.entries(delivery.signatures)) {
  test(`the verifier of the library believes a signature of version ${signatureVersion}`, () => {
    const { url, body, timestamp } = delivery;
    const told = { signature, signatureVersion, clientSecret, requestBody: body, url, method: "POST", timestamp };
    assert.equal(Signature.isValid(told), true);
    assert.equal(Signature.isValid({ ...told, requestBody: `${body} ` }), false);
    assert.equal(Signature.isValid({ ...told, clientSecret: "another" }), false);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";

import { app, clientWith, refused } from "./kalends.js";

const { accessTokensApi, refreshTokensApi, tokensApi } = clientWith(undefined).oauth;
const { clientId, clientSecret, code, redirectUri } = app;

// A code is good once, so that all that follows from one stands in one test.

test("a code gives tokens, which tell what they are, are renewed, and are taken back", async () => {
  const given = await tokensApi.create("authorization_code", code, redirectUri, clientId, clientSecret);
  assert.deepEqual([given.tokenType, given.expiresIn], ["bearer", 1800]);
  const { results } = await clientWith(given.accessToken).crm.contacts.basicApi.getPage(1);
  assert.deepEqual(results, []);
  const told = await accessTokensApi.get(given.accessToken);
  assert.deepEqual([told.tokenType, told.scopes.toSorted()], ["access", ["crm.objects.contacts.read", "oauth"]]);
  assert.equal((await refreshTokensApi.get(given.refreshToken)).clientId, clientId);

  const refresh = ["refresh_token", undefined, undefined, clientId, clientSecret, given.refreshToken];
  const renewed = await tokensApi.create(...refresh);
  assert.notEqual(renewed.accessToken, given.accessToken);
  await refreshTokensApi.archive(renewed.refreshToken);
  const gone = clientWith(renewed.accessToken).crm.contacts.basicApi.getPage(1);
  await refused(gone, 401, "INVALID_AUTHENTICATION");
});

test("a code that is none, and an app that is none, are refused in the words of OAuth", async () => {
  for (const [id, given, expected, status] of [
    [clientId, "nonsense", "invalid_grant", "BAD_AUTH_CODE"],
    [`${clientId.slice(0, -4)}xxxx`, code, "invalid_client", "BAD_CLIENT_ID"],
  ]) {
    await assert.rejects(tokensApi.create("authorization_code", given, redirectUri, id, clientSecret), ({ code, body }) => {
      assert.deepEqual([code, body.error, body.status], [400, expected, status]);
      return true;
    });
  }
});

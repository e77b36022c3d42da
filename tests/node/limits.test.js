import assert from "node:assert/strict";
import { test } from "node:test";

import { clientWith, refused, tokens } from "./kalends.js";

// The account of this token lets two searches a second through, and three requests in ten seconds.

test("searches that are too many are sent again by the library until they pass", async () => {
  const { searchApi } = clientWith(tokens.hurried, { numberOfApiCallRetries: 6 }).crm.contacts;
  const answers = [];
  for (let time = 0; time < 5; time += 1) answers.push(await searchApi.doSearch({ limit: 1 }));
  assert.deepEqual(answers.map((each) => each.total), [0, 0, 0, 0, 0]);
});

test("a refusal has what the library looks at before it tries again", async () => {
  const { basicApi } = clientWith(tokens.hurried).crm.contacts;
  for (let time = 0; time < 3; time += 1) await basicApi.getPage(1);
  const { body, headers } = await refused(basicApi.getPage(1), 429, "RATE_LIMITS");
  assert.equal(body.policyName, "TEN_SECONDLY_ROLLING");
  assert.match(headers["retry-after"], /^([1-9]|10)$/);
  assert.equal(headers["x-hubspot-ratelimit-remaining"], "0");
});

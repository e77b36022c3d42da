// What the programs of this folder share: clients for the server that UNDER_TEST names, and short words.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const told = JSON.parse(process.env.UNDER_TEST);
const installed = createRequire(join(told.libraries, "package.json"));

export const { Client, Signature } = installed("@hubspot/api-client");

// An app of the account: its keys, a code of a consent that was just given, and a signed delivery.
export const app = { address: told.address, ...told.app };

export const { tokens } = told;

export function clientWith(accessToken, options = {}) {
  return new Client({ accessToken, basePath: told.address, ...options });
}

// The client of a token that may do everything.
export const client = clientWith(tokens.full);

// A free-form request, as integrations send it for what the library has no method for; the JSON of its answer.
export async function ask(method, path, body, headers = {}) {
  const answer = await client.apiRequest({ method, path, body, headers });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : null };
}

// An inline association with one of HubSpot's own types.
export function tie(id, associationTypeId) {
  return { to: { id }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId }] };
}

// A record, by the generic methods.
export async function make(kind, properties, associations = []) {
  return (await client.crm.objects.basicApi.create(kind, { properties, associations })).id;
}

// A property's value as the record has it now.
export async function shown(kind, id, ...names) {
  const { properties } = await client.crm.objects.basicApi.getById(kind, id, names);
  return names.length === 1 ? properties[names[0]] : names.map((name) => properties[name]);
}

// The exception that a request must end with: its code and its body, which the library has parsed.
export async function refused(request, code, category) {
  let problem;
  await assert.rejects(request, (error) => ((problem = error), true));
  assert.equal(problem.code, code, problem.message);
  assert.equal(problem.body.status, "error");
  assert.equal(problem.body.category, category);
  assert.match(problem.body.correlationId, /^[0-9a-f-]{36}$/);
  assert.ok(problem.body.message);
  return problem;
}

let made = 0;

// A text that no other record of the account has.
export function unique(word) {
  made += 1;
  return `${word}${process.pid}x${made}`;
}

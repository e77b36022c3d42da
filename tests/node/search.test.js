import assert from "node:assert/strict";
import { before, test } from "node:test";

import { client, make, refused, tie } from "./kalends.js";

const { searchApi } = client.crm.deals;
const amounts = ["9", "10", "250.5", "1000", "75"];
const ids = {};

before(async () => {
  for (const amount of amounts) {
    const associations = amount === "9" ? [tie(await make("contacts", { firstname: "Ada" }), 3)] : [];
    const properties = { dealname: `Renewal ${amount}`, dealstage: amount === "75" ? "closedwon" : "contractsent", amount };
    ids[amount] = await make("deals", properties, associations);
  }
});

async function found(...groups) {
  const filterGroups = groups.map((filters) => ({ filters }));
  const answer = await searchApi.doSearch({ filterGroups, sorts: ["amount"], properties: ["amount"], limit: 100 });
  assert.equal(answer.total, answer.results.length);
  return answer.results.map((each) => each.properties.amount);
}

const is = (propertyName, operator, more) => ({ propertyName, operator, ...more });

for (const [what, expected, ...groups] of [
  ["a number is compared by its value", ["250.5"], [is("amount", "EQ", { value: "250.50" })]],
  ["conditions of a group are all met", ["250.5"], [is("amount", "GT", { value: "75" }), is("amount", "LT", { value: "1000" })]],
  ["one of the groups is met", ["9", "1000"], [is("amount", "LTE", { value: "9" })], [is("amount", "GTE", { value: "1000" })]],
  ["BETWEEN holds both ends", ["10", "75", "250.5"], [is("amount", "BETWEEN", { value: "10", highValue: "250.5" })]],
  ["IN names several", ["9", "75"], [is("amount", "IN", { values: ["9", "75"] })]],
  ["NOT_IN leaves several out", ["10", "250.5", "1000"], [is("amount", "NOT_IN", { values: ["9", "75"] })]],
  ["NEQ leaves one out", ["75"], [is("dealstage", "NEQ", { value: "contractsent" })]],
  ["HAS_PROPERTY and its opposite", [], [is("amount", "HAS_PROPERTY"), is("amount", "NOT_HAS_PROPERTY")]],
  ["CONTAINS_TOKEN looks for words", ["10"], [is("dealname", "CONTAINS_TOKEN", { value: "10" })]],
  ["CONTAINS_TOKEN knows the star", ["10", "1000"], [is("dealname", "CONTAINS_TOKEN", { value: "10*" })]],
]) {
  test(what, async () => assert.deepEqual(await found(...groups), expected));
}

test("a search asks for what a record is tied to", async () => {
  const deal = await client.crm.deals.basicApi.getById(ids[9], undefined, undefined, ["contacts"]);
  const [contact] = deal.associations.contacts.results;
  assert.deepEqual(await found([is("associations.contact", "EQ", { value: contact.id })]), ["9"]);
});

test("pages follow each other, sorted downwards", async () => {
  const asked = { sorts: ["-amount"], properties: ["amount"], limit: 2 };
  const seen = [];
  for (let after; ; ) {
    const page = await searchApi.doSearch({ ...asked, after });
    assert.equal(page.total, amounts.length);
    seen.push(...page.results.map((each) => each.properties.amount));
    after = page.paging?.next?.after;
    if (!after) break;
  }
  assert.deepEqual(seen, ["1000", "250.5", "75", "10", "9"]);
});

test("a search for words looks into the texts of a record", async () => {
  const answer = await searchApi.doSearch({ query: "renewal 250" });
  assert.deepEqual(answer.results.map((each) => each.id), [ids["250.5"]]);
});

test("a wrong search is refused with its reason", async () => {
  const filters = Array.from({ length: 7 }, () => is("amount", "EQ", { value: "1" }));
  await refused(searchApi.doSearch({ filterGroups: [{ filters }] }), 400, "VALIDATION_ERROR");
  await refused(searchApi.doSearch({ limit: 201 }), 400, "VALIDATION_ERROR");
  await refused(found([is("colour", "EQ", { value: "blue" })]), 400, "VALIDATION_ERROR");
  await refused(found([is("amount", "LIKE", { value: "1" })]), 400, "VALIDATION_ERROR");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { client, make, refused, shown, tie } from "./kalends.js";

const { basicApi } = client.crm.commerce.invoices;

async function draft() {
  const contact = await make("contacts", { firstname: "Ada" });
  const line = await make("line_items", { name: "Setup", price: "199.5", quantity: "2" });
  const made = await basicApi.create({ properties: { hs_currency: "EUR" }, associations: [tie(contact, 177), tie(line, 409)] });
  return made.id;
}

async function opened() {
  const id = await draft();
  await basicApi.update(id, { properties: { hs_invoice_status: "open" } });
  return id;
}

const paid = (id, amount, more = {}) =>
  make(
    "commerce_payments",
    { hs_initial_amount: amount, hs_initiated_date: "2026-01-01", hs_currency_code: "EUR", hs_latest_status: "succeeded", ...more },
    id ? [tie(id, 542)] : [],
  );

test("an invoice is a draft, then open, then paid by a payment", async () => {
  const id = await draft();
  const names = ["hs_invoice_status", "hs_amount_billed", "hs_balance_due"];
  assert.deepEqual(await shown("invoices", id, ...names), ["draft", "399.00", "399.00"]);
  await basicApi.update(id, { properties: { hs_invoice_status: "open" } });
  assert.ok(await shown("invoices", id, "hs_number"));
  const payment = await paid(id, "399");
  assert.deepEqual(await shown("invoices", id, ...names), ["paid", "399.00", "0.00"]);
  await refused(client.crm.objects.basicApi.archive("commerce_payments", payment), 400, "VALIDATION_ERROR");
  await refused(basicApi.archive(id), 400, "VALIDATION_ERROR");
});

test("a payment that is more than is owed is refused", async () => {
  const id = await opened();
  await refused(paid(id, "400"), 400, "VALIDATION_ERROR");
  await refused(paid(id, "10", { hs_currency_code: "NOK" }), 400, "VALIDATION_ERROR");
  assert.equal(await shown("invoices", id, "hs_balance_due"), "399.00");
});

test("a payment without an invoice is a record that may change and go", async () => {
  const id = await paid(null, "12.50", { hs_payment_method_type: "cash" });
  const { basicApi: generic } = client.crm.objects;
  await generic.update("commerce_payments", id, { properties: { hs_reference_number: "A-1" } });
  assert.deepEqual(await shown("commerce_payments", id, "hs_reference_number", "hs_initial_amount"), ["A-1", "12.50"]);
  await generic.archive("commerce_payments", id);
});

test("what is missing at a payment is named", async () => {
  const made = client.crm.objects.basicApi.create("commerce_payments", { properties: { hs_currency_code: "EUR" }, associations: [] });
  const problem = await refused(made, 400, "VALIDATION_ERROR");
  assert.ok(problem.body.errors.every((each) => each.code === "REQUIRED_FIELD"));
  assert.equal(problem.body.errors.length, 2);
});

test("an open invoice is voided and stays so; a draft goes", async () => {
  const id = await opened();
  await basicApi.update(id, { properties: { hs_invoice_status: "voided" } });
  await refused(basicApi.update(id, { properties: { hs_invoice_status: "open" } }), 400, "VALIDATION_ERROR");
  const gone = await draft();
  await basicApi.archive(gone);
  await refused(basicApi.getById(gone), 404, "OBJECT_NOT_FOUND");
});

test("quotes, taxes, discounts, fees and orders are records", async () => {
  const quote = await client.crm.quotes.basicApi.create({ properties: { hs_title: "Offer", hs_expiration_date: "2026-06-30" } });
  assert.equal(quote.properties.hs_expiration_date, "2026-06-30");
  const tax = await client.crm.objects.taxes.basicApi.create({ properties: { hs_label: "VAT", hs_type: "PERCENT", hs_value: "25" } });
  assert.equal(tax.properties.hs_value, "25");
  for (const [kind, properties] of [
    ["discounts", { hs_label: "Ten", hs_type: "PERCENT", hs_value: "10" }],
    ["fees", { hs_label: "Freight", hs_type: "FIXED", hs_value: "49.5" }],
    ["orders", { hs_order_name: "Order 7" }],
  ]) {
    const id = await make(kind, properties);
    assert.deepEqual(await shown(kind, id, ...Object.keys(properties)), Object.keys(properties).length > 1 ? Object.values(properties) : Object.values(properties)[0]);
  }
});

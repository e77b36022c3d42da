// Says how each test went, one line of JSON a test: tests/api/test_node_client.py reads them.

import { inspect } from "node:util";

export default async function* report(source) {
  for await (const { type, data } of source) {
    if ((type === "test:pass" || type === "test:fail") && data.nesting === 0) {
      const error = data.details?.error;
      const why = error ? inspect(error.cause ?? error, { depth: 4 }) : "";
      yield `${JSON.stringify({ name: data.name, passed: type === "test:pass", why })}\n`;
    }
  }
}

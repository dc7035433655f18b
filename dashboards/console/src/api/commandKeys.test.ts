import { expect, test } from "vitest";

import { CommandKeys, newKey } from "./commandKeys";

const PATH = "/api/orders/1/accept";

function counted(): CommandKeys {
  let count = 0;
  return new CommandKeys(() => `key-${(count += 1)}`);
}

test("a command whose answer was lost is repeated under the same key", () => {
  const keys = counted();
  const key = keys.keyFor(PATH, {});
  keys.settle(PATH, {}, { ok: false, failure: { kind: "network" } });

  expect(keys.keyFor(PATH, {})).toBe(key);
});

test("once the server has answered, or the body differs, it is a new command", () => {
  const keys = counted();
  const key = keys.keyFor(PATH, {});

  expect(keys.keyFor(PATH, { reason: "too_far" })).not.toBe(key);

  keys.settle(PATH, {}, { ok: false, failure: { kind: "refused", status: 409, code: "", detail: "" } });

  expect(keys.keyFor(PATH, {})).not.toBe(key);
});

test("a key is long enough for nobody to have it twice", () => {
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(newKey()).not.toBe(newKey());
});

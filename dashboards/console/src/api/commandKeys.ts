/**
 * One idempotency key per command a person meant. A repeat after a lost answer carries the same key, so
 * that it cannot be done twice; once the server has answered, the next press is a new command.
 */

import type { Failure, Result } from "./client";

const KEY_BYTES = 16;

/** Works on plain http too, where `crypto.randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isAnswer(failure: Failure): boolean {
  return failure.kind === "refused" && failure.status < 500;
}

export class CommandKeys {
  readonly #pending = new Map<string, string>();
  readonly #make: () => string;

  constructor(make: () => string = newKey) {
    this.#make = make;
  }

  keyFor(path: string, body: unknown): string {
    const name = `${path} ${JSON.stringify(body)}`;
    const key = this.#pending.get(name) ?? this.#make();
    this.#pending.set(name, key);
    return key;
  }

  settle(path: string, body: unknown, result: Result<unknown>): void {
    if (result.ok || isAnswer(result.failure)) this.#pending.delete(`${path} ${JSON.stringify(body)}`);
  }
}

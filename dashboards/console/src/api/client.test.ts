import { afterEach, expect, test, vi } from "vitest";

import { get, openStream, post } from "./client";

const CALL = { token: "sample-token" };

function answer(body: BodyInit | null, init: ResponseInit) {
  const fetched = vi.fn((_path: string, _request: RequestInit) => Promise.resolve(new Response(body, init)));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => vi.unstubAllGlobals());

test("no answer, and a proxy without a server behind it, are the network's failure", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
  expect(await get("/api/health", CALL)).toEqual({ ok: false, failure: { kind: "network" } });

  answer("bad gateway", { status: 502 });
  expect(await get("/api/health", CALL)).toEqual({ ok: false, failure: { kind: "network" } });
});

test("a problem is told with its code and its detail", async () => {
  answer(JSON.stringify({ title: "x", code: "illegal_transition", detail: "not possible now" }), { status: 409 });

  expect(await post("/api/orders/1/accept", {}, "k", CALL)).toEqual({
    ok: false,
    failure: { kind: "refused", status: 409, code: "illegal_transition", detail: "not possible now" },
  });
});

test("what is no JSON is unreadable, whatever its status", async () => {
  answer("<html>", { status: 200 });
  expect(await get("/api/health", CALL)).toEqual({ ok: false, failure: { kind: "unreadable", status: 200 } });

  answer("<html>", { status: 404 });
  expect(await get("/api/health", CALL)).toEqual({ ok: false, failure: { kind: "unreadable", status: 404 } });
});

test("a POST carries token, key and JSON", async () => {
  const fetched = answer("{}", { status: 200 });
  await post("/api/orders/1/accept", { a: 1 }, "sample-key", CALL);

  const request = fetched.mock.calls[0]?.[1];
  expect(request?.headers).toMatchObject({ Authorization: "Bearer sample-token", "Idempotency-Key": "sample-key" });
  expect(request?.body).toBe('{"a":1}');
});

test("a stream that is no event stream is unreadable", async () => {
  answer("{}", { status: 200, headers: { "Content-Type": "application/json" } });

  expect(await openStream("/api/board/stream", CALL)).toMatchObject({ ok: false, failure: { kind: "unreadable" } });
});

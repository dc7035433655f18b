/**
 * The only `fetch` of the console. Every answer is one of four: fine, or one of three plain failures.
 * Must not know pages, languages or what the answers are for.
 */

/** A reader can do something different about each: wait, ask why, report. */
export type Failure =
  | { kind: "network" }
  | { kind: "refused"; status: number; code: string; detail: string }
  | { kind: "unreadable"; status: number };

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export interface Call {
  token: string | null;
  signal?: AbortSignal | undefined;
}

const CALL_TIMEOUT_MS = 15_000;
const UPLOAD_TIMEOUT_MS = 90_000;
const PROBLEM_DETAIL_CHARS_MAX = 300;

function headers(call: Call, more: Record<string, string>): Record<string, string> {
  const all: Record<string, string> = { Accept: "application/json", ...more };
  if (call.token) all["Authorization"] = `Bearer ${call.token}`;
  return all;
}

async function send(path: string, request: RequestInit): Promise<Result<Response>> {
  let response: Response;
  try {
    response = await fetch(path, { cache: "no-store", ...request });
  } catch {
    return { ok: false, failure: { kind: "network" } };
  }
  if (response.ok) return { ok: true, value: response };
  return { ok: false, failure: await problemOf(response) };
}

/** application/problem+json when it is, the bare status when something in between answered. */
async function problemOf(response: Response): Promise<Failure> {
  const { status } = response;
  // What a proxy says when nobody stands behind it is no answer of the server's.
  if (status === 502 || status === 503 || status === 504) return { kind: "network" };
  try {
    const problem = (await response.json()) as Record<string, unknown>;
    const text = (name: string) => (typeof problem[name] === "string" ? (problem[name] as string) : "");
    const detail = (text("detail") || text("title")).slice(0, PROBLEM_DETAIL_CHARS_MAX);
    return { kind: "refused", status, code: text("code"), detail };
  } catch {
    return { kind: "unreadable", status };
  }
}

async function readJson<T>(result: Result<Response>): Promise<Result<T>> {
  if (!result.ok) return result;
  const response = result.value;
  if (response.status === 204) return { ok: true, value: undefined as T };
  try {
    return { ok: true, value: (await response.json()) as T };
  } catch {
    return { ok: false, failure: { kind: "unreadable", status: response.status } };
  }
}

function limited(call: Call): AbortSignal {
  const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
  return call.signal ? AbortSignal.any([timeout, call.signal]) : timeout;
}

export async function get<T>(path: string, call: Call): Promise<Result<T>> {
  return readJson<T>(await send(path, { headers: headers(call, {}), signal: limited(call) }));
}

export async function getText(path: string, call: Call): Promise<Result<string>> {
  const request = { headers: headers(call, { Accept: "image/svg+xml" }), signal: limited(call) };
  const result = await send(path, request);
  if (!result.ok) return result;
  try {
    return { ok: true, value: await result.value.text() };
  } catch {
    return { ok: false, failure: { kind: "unreadable", status: result.value.status } };
  }
}

/** Every POST carries a key: the server answers a repeat with its first answer. */
export async function post<T>(path: string, body: unknown, key: string, call: Call): Promise<Result<T>> {
  const more = { "Content-Type": "application/json", "Idempotency-Key": key };
  const request = { method: "POST", headers: headers(call, more), body: JSON.stringify(body) };
  return readJson<T>(await send(path, { ...request, signal: limited(call) }));
}

/** Bytes under a key, for photos: a bad link may need long for them. */
export async function upload<T>(path: string, bytes: Blob, key: string, call: Call): Promise<Result<T>> {
  const more = { "Content-Type": bytes.type, "Idempotency-Key": key };
  const request = { method: "POST", headers: headers(call, more), body: bytes };
  const timeout = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
  return readJson<T>(await send(path, { ...request, signal: timeout }));
}

export async function getBlob(path: string, call: Call): Promise<Result<Blob>> {
  const request = { headers: headers(call, { Accept: "image/*" }), signal: limited(call) };
  const result = await send(path, request);
  if (!result.ok) return result;
  try {
    return { ok: true, value: await result.value.blob() };
  } catch {
    return { ok: false, failure: { kind: "unreadable", status: result.value.status } };
  }
}

export async function remove(path: string, call: Call): Promise<Result<void>> {
  const request = { method: "DELETE", headers: headers(call, {}), signal: limited(call) };
  return readJson<void>(await send(path, request));
}

/** A stream has no time limit of its own: whoever reads it watches for silence. */
export async function openStream(path: string, call: Call): Promise<Result<ReadableStream<Uint8Array>>> {
  const request: RequestInit = { headers: headers(call, { Accept: "text/event-stream" }) };
  if (call.signal) request.signal = call.signal;
  const result = await send(path, request);
  if (!result.ok) return result;
  const { body, headers: answered } = result.value;
  if (!body || !answered.get("Content-Type")?.startsWith("text/event-stream")) {
    return { ok: false, failure: { kind: "unreadable", status: result.value.status } };
  }
  return { ok: true, value: body };
}

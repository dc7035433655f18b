/**
 * The live channel: one streamed GET that is opened again whenever it ends. An edge: it owns the timers
 * and hands what it hears to `dispatch`. Everything it decides is computed in src/lib.
 */

import { openStream } from "../api/client";
import type { Failure } from "../api/client";
import type { AliveMessage, BoardMessage, ChangeMessage, NoticesMessage } from "../api/types";
import { waitBeforeAttempt_ms } from "../lib/backoff";
import type { BoardAction } from "../lib/boardState";
import { STALE_AFTER_MS } from "../lib/boardState";
import { clientNowMs } from "../lib/clock";
import { SseParser } from "../lib/sse";
import type { StreamEvent } from "../lib/sse";

const STREAM_PATH = "/api/board/stream";
/** Shown as stale first; when it is silent for as long again, the connection is given up. */
const SILENCE_MS = 2 * STALE_AFTER_MS;

type Dispatch = (action: BoardAction) => void;

function actionOf(event: StreamEvent): BoardAction | null {
  const at_ms = clientNowMs();
  switch (event.event) {
    case "board":
      return { type: "board", message: JSON.parse(event.data) as BoardMessage, at_ms };
    case "change":
      return { type: "change", message: JSON.parse(event.data) as ChangeMessage, at_ms };
    case "notices":
      return { type: "notices", message: JSON.parse(event.data) as NoticesMessage, at_ms };
    case "alive":
      return { type: "alive", message: JSON.parse(event.data) as AliveMessage, at_ms };
    default:
      return null;
  }
}

type Ending = { heard: boolean; wanted: boolean; failure: Failure | null };

/** Reads until the stream ends, fails, stays silent or says `reconnect`. */
async function readOnce(token: string, dispatch: Dispatch, outer: AbortSignal): Promise<Ending> {
  const silence = new AbortController();
  const signal = AbortSignal.any([outer, silence.signal]);
  let watch = setTimeout(() => silence.abort(), SILENCE_MS);
  let heard = false;
  try {
    const opened = await openStream(STREAM_PATH, { token, signal });
    if (!opened.ok) return { heard, wanted: false, failure: opened.failure };
    const parser = new SseParser();
    const reader = opened.value.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { heard, wanted: false, failure: null };
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const event of parser.push(value)) {
        if (event.event === "reconnect") return { heard, wanted: true, failure: null };
        const action = actionOf(event);
        if (action) {
          heard = true;
          dispatch(action);
        }
      }
    }
  } catch {
    // Cut off, aborted, or words that are not JSON: in each case the remedy is a new connection.
    return { heard, wanted: false, failure: { kind: "network" } };
  } finally {
    clearTimeout(watch);
    silence.abort();
  }
}

function pause(wait_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, wait_ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Runs until `signal` aborts, or the server says that this account may not listen. */
export async function runChannel(token: string, dispatch: Dispatch, signal: AbortSignal): Promise<void> {
  let attempts_count = 0;
  while (!signal.aborted) {
    dispatch({ type: "link", link: { phase: "connecting", attempts_count } });
    const ending = await readOnce(token, dispatch, signal);
    if (signal.aborted) return;
    if (ending.failure?.kind === "refused" && (ending.failure.status === 401 || ending.failure.status === 403)) {
      const why = ending.failure.status === 401 ? "signed_out" : "forbidden";
      dispatch({ type: "link", link: { phase: "ended", why } });
      return;
    }
    if (ending.heard) attempts_count = 0;
    if (ending.wanted && ending.heard) continue;
    attempts_count += 1;
    const wait_ms = waitBeforeAttempt_ms(attempts_count, Math.random());
    dispatch({ type: "link", link: { phase: "waiting", attempts_count, retry_at_ms: clientNowMs() + wait_ms } });
    await pause(wait_ms, signal);
  }
}

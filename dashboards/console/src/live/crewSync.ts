/**
 * Sends what a crew said, in order and once, whenever the link allows, and asks for its orders. An edge: it
 * owns timers and storage; what follows from an answer is computed in lib/crewQueue.ts.
 */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Failure, Result } from "../api/client";
import { newKey } from "../api/commandKeys";
import type { CrewPageData, QueueAnswer } from "../api/types";
import { clientNowMs } from "../lib/clock";
import type { Reply, Said, SaidName } from "../lib/crewQueue";
import { leftAfter, repliesOf, sendable, withReplies } from "../lib/crewQueue";
import { blobOf } from "../lib/photo";
import type { Api } from "../parts/contexts";
import { useApi } from "../parts/contexts";
import type { Kept } from "./crewStorage";
import { CrewStorage } from "./crewStorage";

const POLL_MS = 5000;

export interface CrewSync extends Kept {
  failure: Failure | null;
  sending: boolean;
  /** False: the phone has no room, and what waits is lost with this page. */
  safe: boolean;
  say: (order_id: number, action: SaidName, content?: Record<string, unknown>) => void;
  /** False when the phone has no room for the photo. */
  sayPhoto: (order_id: number, photo: string) => boolean;
  dismiss: (key: string) => void;
  prefer: (choice: Partial<Pick<Kept, "sharing" | "alone">>) => void;
  retry: () => void;
}

/** Every time as the phone has it; `sent_at` lets the server put a wrong clock right. */
function asSent(said: Said) {
  const sent_at = new Date(clientNowMs()).toISOString();
  const content = { ...said.content, occurred_at: new Date(said.at_ms).toISOString(), sent_at };
  return { key: said.key, order_id: said.order_id, action: said.action, content };
}

async function sendActions(api: Api, storage: CrewStorage, sent: Said[]): Promise<Failure | null> {
  const result = await api.post<QueueAnswer>("/api/crew/actions", { actions: sent.map(asSent) });
  if (!result.ok) return result.failure;
  const { results } = result.value;
  storage.change((kept) => ({
    ...kept,
    queue: leftAfter(kept.queue, results),
    replies: withReplies(kept.replies, repliesOf(sent, results)),
  }));
  return null;
}

function refusedPhoto(said: Said, failure: Failure & { kind: "refused" }): Reply {
  const { key, order_id, action, at_ms } = said;
  const { code, detail } = failure;
  return { key, order_id, action, at_ms, status: "refused", doubts: [], code, detail };
}

async function sendPhoto(api: Api, storage: CrewStorage, said: Said): Promise<Failure | null> {
  const photo = storage.photo(said.key);
  const times = new URLSearchParams({
    occurred_at: new Date(said.at_ms).toISOString(),
    sent_at: new Date(clientNowMs()).toISOString(),
  });
  const path = `/api/orders/${said.order_id}/photos?${times}`;
  const result: Result<unknown> =
    photo === null ? { ok: true, value: null } : await api.upload(path, blobOf(photo), said.key);
  const refused = !result.ok && result.failure.kind === "refused" && isFinal(result.failure.status);
  if (!result.ok && !refused) return result.failure;
  storage.change((kept) => ({
    ...kept,
    queue: kept.queue.filter((one) => one.key !== said.key),
    replies:
      !result.ok && result.failure.kind === "refused"
        ? withReplies(kept.replies, [refusedPhoto(said, result.failure)])
        : kept.replies,
  }));
  storage.dropPhoto(said.key);
  return null;
}

/** A sign-in that ended is no answer about the photo; neither is a server that failed. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 401 && status !== 429;
}

/** Sends until nothing waits or the link fails; returns why it stopped. */
async function sendAll(api: Api, storage: CrewStorage): Promise<Failure | null> {
  for (;;) {
    const { queue } = storage.read();
    const [first] = queue;
    if (!first) return null;
    const failure =
      first.action === "photo"
        ? await sendPhoto(api, storage, first)
        : await sendActions(api, storage, sendable(queue));
    if (failure) return failure;
    // An answer that names none of what was sent would be sent for ever.
    if (storage.read().queue.some((said) => said.key === first.key)) return { kind: "unreadable", status: 200 };
  }
}

export function useCrewSync(): CrewSync {
  const api = useApi();
  const storage = useMemo(() => new CrewStorage(api.account.account_id), [api.account.account_id]);
  const [kept, setKept] = useState<Kept>(() => storage.read());
  const [safe, setSafe] = useState(true);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [sending, setSending] = useState(false);
  const busy = useRef(false);
  const again = useRef(false);

  const change = useCallback(
    (changed: (kept: Kept) => Kept) => {
      const { kept: next, safe: isSafe } = storage.change(changed);
      setKept(next);
      setSafe(isSafe);
    },
    [storage],
  );

  const sync = useCallback(async () => {
    again.current = true;
    if (busy.current) return;
    busy.current = true;
    try {
      while (again.current) {
        again.current = false;
        setSending(storage.read().queue.length > 0);
        const failed = await sendAll(api, storage);
        setFailure(failed ?? (await loadOrders(api, storage)));
        setKept(storage.read());
        setSending(false);
      }
    } finally {
      busy.current = false;
    }
  }, [api, storage]);

  useEffect(() => {
    const run = () => void sync();
    run();
    const timer = setInterval(run, POLL_MS);
    addEventListener("online", run);
    return () => {
      clearInterval(timer);
      removeEventListener("online", run);
    };
  }, [sync]);

  const append = (said: Said) => {
    change((before) => ({ ...before, queue: [...before.queue, said] }));
    void sync();
  };
  return {
    ...kept,
    failure,
    sending,
    safe,
    say: (order_id, action, content = {}) =>
      append({ key: newKey(), order_id, action, content, at_ms: clientNowMs() }),
    sayPhoto: (order_id, photo) => {
      const key = newKey();
      if (!storage.keepPhoto(key, photo)) return false;
      append({ key, order_id, action: "photo", content: {}, at_ms: clientNowMs() });
      return true;
    },
    dismiss: (key) => change((before) => ({ ...before, replies: before.replies.filter((one) => one.key !== key) })),
    prefer: (choice) => change((before) => ({ ...before, ...choice })),
    retry: () => void sync(),
  };
}

async function loadOrders(api: Api, storage: CrewStorage): Promise<Failure | null> {
  const result = await api.get<CrewPageData>("/api/crew/orders");
  if (!result.ok) return result.failure;
  storage.change((kept) => ({ ...kept, data: result.value, heard_at_ms: clientNowMs() }));
  return null;
}

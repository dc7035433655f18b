/** Runs the live channel and one clock tick a second for everything below it. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";

import { freshness, reduceBoard, RECENT_COUNT_MAX, serverNow_ms, UNKNOWN_BOARD } from "../lib/boardState";
import { clientNowMs } from "../lib/clock";
import type { IncidentList } from "../api/types";
import { LiveContext, useApi } from "../parts/contexts";
import { runChannel } from "./channel";

const TICK_MS = 1000;

interface LiveProviderProps {
  token: string;
  listen: boolean;
  expire: () => void;
  children: ComponentChildren;
}

export function LiveProvider({ token, listen, expire, children }: LiveProviderProps) {
  const api = useApi();
  const [board, dispatch] = useReducer(reduceBoard, UNKNOWN_BOARD);
  const [client_now_ms, setClientNow] = useState(clientNowMs);

  useEffect(() => {
    const timer = setInterval(() => setClientNow(clientNowMs()), TICK_MS);
    return () => clearInterval(timer);
  }, []);

  useEffect(() => {
    if (!listen) return;
    const stop = new AbortController();
    void runChannel(token, dispatch, stop.signal);
    return () => stop.abort();
  }, [token, listen]);

  const { snapshots_count } = board;
  useEffect(() => {
    if (snapshots_count === 0) return;
    const stop = new AbortController();
    const recent = `/api/incidents?state=closed&limit=${RECENT_COUNT_MAX}`;
    void api.get<IncidentList>(recent, stop.signal).then((result) => {
      if (result.ok) dispatch({ type: "recent", incidents: result.value.incidents });
    });
    return () => stop.abort();
  }, [api, snapshots_count]);

  const signedOut = board.link.phase === "ended" && board.link.why === "signed_out";
  useEffect(() => {
    if (signedOut) expire();
  }, [signedOut, expire]);

  // A message may arrive between two ticks: never let the clock stand behind what it said.
  const now = Math.max(client_now_ms, board.heard_at_ms ?? 0);
  const live = useMemo(
    () => ({
      board,
      dispatch,
      client_now_ms: now,
      now_ms: serverNow_ms(board, now),
      freshness: freshness(board, now),
    }),
    [board, now],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

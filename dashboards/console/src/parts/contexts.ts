/** What every part may ask for: the texts, the board, the signed-in account, where we are. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Result } from "../api/client";
import type { Account } from "../api/types";
import type { BoardAction, BoardState, Freshness } from "../lib/boardState";
import { UNKNOWN_BOARD } from "../lib/boardState";
import type { Text } from "../text";
import { textIn } from "../text";

export const TextContext = createContext<Text>(textIn("en"));
export const useText = (): Text => useContext(TextContext);

export interface Live {
  board: BoardState;
  dispatch: (action: BoardAction) => void;
  client_now_ms: number;
  /** The server's clock, the one countdowns run on. */
  now_ms: number;
  freshness: Freshness;
}

export const LiveContext = createContext<Live>({
  board: UNKNOWN_BOARD,
  dispatch: () => undefined,
  client_now_ms: 0,
  now_ms: 0,
  freshness: "unknown",
});
export const useLive = (): Live => useContext(LiveContext);

export interface Api {
  account: Account;
  get: <T>(path: string, signal?: AbortSignal) => Promise<Result<T>>;
  getText: (path: string, signal?: AbortSignal) => Promise<Result<string>>;
  getBlob: (path: string) => Promise<Result<Blob>>;
  post: <T>(path: string, body: unknown) => Promise<Result<T>>;
  upload: <T>(path: string, bytes: Blob, key: string) => Promise<Result<T>>;
  remove: (path: string) => Promise<Result<void>>;
}

export const ApiContext = createContext<Api | null>(null);
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("a part that needs the server is shown without a sign-in");
  return api;
}

export interface Place {
  path: string;
  query: string;
  /** `replace` for changes that the back button should not step through, such as typing a filter. */
  go: (address: string, how?: "push" | "replace") => void;
}

export const PlaceContext = createContext<Place>({ path: "/", query: "", go: () => undefined });
export const usePlace = (): Place => useContext(PlaceContext);

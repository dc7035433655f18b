/** The sign-in kept for this browser tab: gone when the tab is closed. */

import type { Session } from "./types";

const STORAGE_KEY = "liftward.session";

export function storedSession(): Session | null {
  const text = sessionStorage.getItem(STORAGE_KEY);
  if (!text) return null;
  try {
    const session = JSON.parse(text) as Partial<Session>;
    return session.token && session.account ? (session as Session) : null;
  } catch {
    // Not our text: the same as not signed in.
    return null;
  }
}

export function storeSession(session: Session | null): void {
  if (session) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  else sessionStorage.removeItem(STORAGE_KEY);
}

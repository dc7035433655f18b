/**
 * The sign-in. Kept for this browser tab, and gone when it is closed; a crew's is kept on its phone until
 * it expires: a phone ends tabs as it likes, and nobody can sign in again without a network.
 */

import { clientNowMs } from "../lib/clock";
import type { Session } from "./types";

const STORAGE_KEY = "liftward.session";

export function storedSession(): Session | null {
  const text = sessionStorage.getItem(STORAGE_KEY) ?? localStorage.getItem(STORAGE_KEY);
  if (!text) return null;
  try {
    const session = JSON.parse(text) as Partial<Session>;
    if (!session.token || !session.account || !session.expires_at) return null;
    return Date.parse(session.expires_at) > clientNowMs() ? (session as Session) : null;
  } catch {
    // Not our text: the same as not signed in.
    return null;
  }
}

export function storeSession(session: Session | null): void {
  sessionStorage.removeItem(STORAGE_KEY);
  localStorage.removeItem(STORAGE_KEY);
  if (!session) return;
  const storage = session.account.role === "crew" ? localStorage : sessionStorage;
  storage.setItem(STORAGE_KEY, JSON.stringify(session));
}

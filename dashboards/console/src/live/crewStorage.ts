/**
 * What a crew's page keeps on the phone, per account: what waits to be sent, its photos, what the server
 * answered, the last known orders. An edge: the only place that knows the names in the browser's storage.
 */

import type { CrewPageData } from "../api/types";
import type { Reply, Said } from "../lib/crewQueue";

export interface Kept {
  queue: readonly Said[];
  replies: readonly Reply[];
  data: CrewPageData | null;
  /** When `data` came, by this phone's clock. */
  heard_at_ms: number | null;
  /** The crew agreed to share its position while an order runs. */
  sharing: boolean;
  alone: boolean | null;
}

const NOTHING: Kept = { queue: [], replies: [], data: null, heard_at_ms: null, sharing: false, alone: null };

export class CrewStorage {
  readonly #name: string;
  #memory: Kept | null = null;

  constructor(account_id: string) {
    this.#name = `liftward.crew.${account_id}`;
  }

  /** Always the newest: another tab of this phone may have changed it. */
  read(): Kept {
    const text = localStorage.getItem(this.#name);
    if (text === null) return this.#memory ?? NOTHING;
    try {
      return { ...NOTHING, ...(JSON.parse(text) as Partial<Kept>) };
    } catch {
      // Not our text: nothing of ours is kept.
      return NOTHING;
    }
  }

  /** Returns what is kept afterwards, and whether it will outlive this page. */
  change(changed: (kept: Kept) => Kept): { kept: Kept; safe: boolean } {
    const kept = changed(this.read());
    try {
      localStorage.setItem(this.#name, JSON.stringify(kept));
      this.#memory = null;
      return { kept, safe: true };
    } catch {
      // Full, or forbidden: better in memory than not at all, and it is said.
      this.#memory = kept;
      return { kept, safe: false };
    }
  }

  /** False when there is no room for the photo. */
  keepPhoto(key: string, photo: string): boolean {
    try {
      localStorage.setItem(`${this.#name}.photo.${key}`, photo);
      return true;
    } catch {
      return false;
    }
  }

  photo(key: string): string | null {
    return localStorage.getItem(`${this.#name}.photo.${key}`);
  }

  dropPhoto(key: string): void {
    localStorage.removeItem(`${this.#name}.photo.${key}`);
  }
}

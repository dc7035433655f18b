/** How long to wait before the next attempt to connect. Pure: chance is a parameter. */

const FIRST_WAIT_MS = 500;
/** Someone may be trapped: never wait longer than this between attempts. */
const LONGEST_WAIT_MS = 8_000;

/**
 * Doubling, capped, with jitter over the upper half, so that a hundred consoles do not return at once.
 * `attempt` counts from 1; `chance` lies in [0, 1).
 */
export function waitBeforeAttempt_ms(attempt: number, chance: number): number {
  const full_ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(full_ms / 2 + (full_ms / 2) * chance);
}

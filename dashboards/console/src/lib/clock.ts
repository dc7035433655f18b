/** The only place that reads the client's clock. Tests and frozen-clock screenshots replace it. */

declare global {
  interface Window {
    __liftwardNow?: () => number;
  }
}

export function clientNowMs(): number {
  return window.__liftwardNow?.() ?? Date.now();
}

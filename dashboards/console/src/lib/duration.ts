/** Durations and times as people read them. Pure: `now` is always a parameter. */

const MINUTE_S = 60;
const HOUR_S = 3600;

function twoDigits(count: number): string {
  return String(count).padStart(2, "0");
}

/** 75 becomes "01:15", 3675 becomes "1:01:15". Negative durations lose their sign: say it in words. */
export function clockDuration(duration_s: number): string {
  const whole_s = Math.floor(Math.abs(duration_s));
  const hours = Math.floor(whole_s / HOUR_S);
  const minutes = Math.floor((whole_s % HOUR_S) / MINUTE_S);
  const seconds = whole_s % MINUTE_S;
  const tail = `${twoDigits(minutes)}:${twoDigits(seconds)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

export type CoarseDuration = { unit: "s" | "min" | "h" | "d"; count: number };

/** One number and one unit, rounded down: an age never looks fresher than it is by a unit. */
export function coarseDuration(duration_s: number): CoarseDuration {
  const whole_s = Math.max(0, Math.floor(duration_s));
  if (whole_s < 2 * MINUTE_S) return { unit: "s", count: whole_s };
  if (whole_s < 2 * HOUR_S) return { unit: "min", count: Math.floor(whole_s / MINUTE_S) };
  if (whole_s < 48 * HOUR_S) return { unit: "h", count: Math.floor(whole_s / HOUR_S) };
  return { unit: "d", count: Math.floor(whole_s / (24 * HOUR_S)) };
}

/** Seconds from `from` to `to_ms`; null when there is no such time. */
export function secondsSince(from: string | null | undefined, to_ms: number): number | null {
  if (!from) return null;
  const from_ms = Date.parse(from);
  return Number.isNaN(from_ms) ? null : (to_ms - from_ms) / 1000;
}

/** Local wall-clock time; the date stands before it when it is not the day of `now_ms`. */
export function localTime(at: string | number, now_ms: number, language: string): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(language, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const sameDay = date.toDateString() === new Date(now_ms).toDateString();
  if (sameDay) return time;
  const day = date.toLocaleDateString(language, { month: "short", day: "numeric" });
  return `${day} ${time}`;
}

/** The zone of this machine as an offset, "UTC+8": unambiguous where zone names are not. */
export function zoneName(now_ms: number): string {
  const offset_min = -new Date(now_ms).getTimezoneOffset();
  const sign = offset_min < 0 ? "−" : "+";
  const hours = Math.floor(Math.abs(offset_min) / 60);
  const minutes = Math.abs(offset_min) % 60;
  if (offset_min === 0) return "UTC";
  return `UTC${sign}${hours}${minutes ? `:${twoDigits(minutes)}` : ""}`;
}

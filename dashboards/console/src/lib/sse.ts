/** Server-sent events out of text fragments. Knows the format, not the network. */

export interface StreamEvent {
  event: string;
  data: string;
}

/** One event may not grow without end: a server gone wrong must not fill the page's memory. */
const EVENT_CHARS_MAX = 8_000_000;

export class SseParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #chars = 0;

  /** Takes the next fragment, gives the events it completed. */
  push(fragment: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const text = this.#rest + fragment;
    // A carriage return at the end may be the first half of CRLF: keep it for the next fragment.
    const usable = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, usable).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + text.slice(usable);
    for (const line of lines) {
      const done = this.#take(line);
      if (done) events.push(done);
    }
    if (this.#rest.length + this.#chars > EVENT_CHARS_MAX) throw new Error("event too long");
    return events;
  }

  #take(line: string): StreamEvent | null {
    if (line === "") return this.#finish();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") {
      this.#data.push(value);
      this.#chars += value.length;
    }
    return null;
  }

  #finish(): StreamEvent | null {
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#chars = 0;
    return empty ? null : event;
  }
}

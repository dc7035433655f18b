import { expect, test } from "vitest";

import { SseParser } from "./sse";

const STREAM = 'event: board\ndata: {"a":1}\n\n: a comment\n\nevent: change\r\ndata: one\r\ndata: 二\r\n\r\ndata: plain\n\n';
const EVENTS = [
  { event: "board", data: '{"a":1}' },
  { event: "change", data: "one\n二" },
  { event: "message", data: "plain" },
];

test("an event is the same however the network cut it", () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = new SseParser();
    const events = [];
    for (let from = 0; from < STREAM.length; from += size) events.push(...parser.push(STREAM.slice(from, from + size)));

    expect(events).toEqual(EVENTS);
  }
});

test("an event without its empty line is not given out", () => {
  expect(new SseParser().push("event: board\ndata: {}\n")).toEqual([]);
});

test("an endless event is refused instead of kept", () => {
  const parser = new SseParser();

  expect(() => {
    for (let count = 0; count < 10; count += 1) parser.push(`data: ${"x".repeat(1_000_000)}\n`);
  }).toThrow("too long");
});

import { expect, test } from "vitest";

import { at, detection } from "../lib/fixtures";
import { newestVerdict, percent } from "./VerdictPanel";

test("the newest conclusion about people speaks, whatever its transition; a fault does not", () => {
  const began = detection({ detection_id: 1, detected_at: at(-60) });
  const raised = detection({ detection_id: 2, detected_at: at(-40), transition: "raised" });
  const fault = detection({ detection_id: 3, detected_at: at(-10), kind: "gb_41" });

  expect(newestVerdict([raised, began, fault])?.detection_id).toBe(2);
  expect(newestVerdict([fault])).toBeNull();
});

test("a belief is never rounded up to certainty", () => {
  expect(percent(0.99996)).toBe("99.9");
  expect(percent(1)).toBe("100.0");
  expect(percent(0.9812)).toBe("98.1");
});

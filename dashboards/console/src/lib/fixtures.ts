/** Incidents for the unit tests: all fields there, visibly synthetic. */

import type { Detection, Health, Incident } from "../api/types";

export const NOW_MS = Date.parse("2026-03-02T14:00:00Z");

export function at(seconds: number): string {
  return new Date(NOW_MS + seconds * 1000).toISOString();
}

export const HEALTH: Health = {
  status: "ok",
  version: "0",
  now: at(0),
  database: "ok",
  engine_age_s: 0,
  gateway_age_s: 0,
};

export function incident(changes: Partial<Incident> = {}): Incident {
  return {
    incident_id: 1,
    kind: "entrapment",
    state: "ordered",
    level: "probable",
    source: "detection",
    lift: {
      lift_id: "DEMO-001",
      building: "Sample Tower 01",
      address: "1 Example Road",
      district: "Sample District 1",
      rescue_code: "900001",
      latitude_deg: 0,
      longitude_deg: 0,
      floors_count: 10,
    },
    maintainer: null,
    onset_at: at(-100),
    detected_at: at(-60),
    opened_at: at(-60),
    response_level: 1,
    persons_count: null,
    release_seen_at: null,
    withdrawn_at: null,
    arrived_at: null,
    freed_at: null,
    closed_at: null,
    outcome: null,
    cause_code: null,
    release_method: null,
    reported_by: [],
    held: false,
    injured: null,
    medical_need: null,
    passenger_told_at: null,
    confirmed_at: null,
    confirmed_by: null,
    confirmed_how: null,
    lift_made_safe_at: null,
    lift_made_safe_by: null,
    cause_reported_at: null,
    cause_reported_by: null,
    incomplete_reason: null,
    duplicate_of: null,
    last_observed_at: null,
    unanswered: false,
    policy: null,
    late_probability: null,
    late_predicted_at: null,
    alarm_level: 0,
    orders: [],
    deadlines: [{ deadline_id: 1, kind: "arrive", due_at: at(1700), order_id: null }],
    actions: [],
    close_outcomes: [],
    ...changes,
  };
}

export function due(kind: Incident["deadlines"][number]["kind"], seconds: number) {
  return { deadline_id: seconds, kind, due_at: at(seconds), order_id: null };
}


export function detection(changes: Partial<Detection> = {}): Detection {
  return {
    detection_id: 1,
    kind: "entrapment",
    name: { en: "Entrapment", "zh-CN": "困人" },
    transition: "began",
    level: "probable",
    onset_at: at(-100),
    detected_at: at(-60),
    received_at: at(-60),
    recorded_at: at(-60),
    reason: "belief",
    reason_words: { en: "the evidence reached this level", "zh-CN": "证据达到该级别" },
    probability: 0.97,
    sentence: { en: "Probably trapped.", "zh-CN": "很可能困人。" },
    pieces: [],
    not_known: [],
    evidence: { stationary: true },
    detector_version: "1",
    thresholds_hash: "5b9c1e7700aa",
    handled_at: null,
    handling: null,
    ...changes,
  };
}

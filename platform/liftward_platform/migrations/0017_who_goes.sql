-- Who goes: policies by region, what a candidate can do and was, predictions, and how loud it got.

ALTER TABLE deadline DROP CONSTRAINT deadline_kind_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_kind_check CHECK (kind IN (
    'order', 'accept', 'arrive', 'confirm_release', 'predict', 'passenger_update', 'test_call', 'check_in',
    'order_seen', 'make_safe', 'cause_report'));

-- Which region's policy an incident opened with and which rules made it; NULL: before there were any.
-- The probability that nobody is there by the limit, as it was last reckoned; when one more crew was
-- last sent for it, and whether the next crossing counts. Alarm level: it never falls while it is open.
ALTER TABLE incident
    ADD COLUMN region               text,
    ADD COLUMN policy_applied       jsonb,
    ADD COLUMN late_probability     real CHECK (late_probability BETWEEN 0 AND 1),
    ADD COLUMN late_predicted_at    timestamptz,
    ADD COLUMN prediction_acted_at  timestamptz,
    ADD COLUMN prediction_armed     boolean NOT NULL DEFAULT true,
    ADD COLUMN alarm_level          smallint NOT NULL DEFAULT 0 CHECK (alarm_level BETWEEN 0 AND 3);

-- The engine looks for these at every turn, among all that wait for a confirmation.
CREATE INDEX incident_unattended ON incident (onset_at, incident_id) WHERE state IN ('open', 'ordered');
CREATE INDEX incident_running_by_region ON incident (region)
    WHERE state IN ('open', 'ordered', 'accepted', 'under_way', 'arrived');
CREATE INDEX rescue_order_live ON rescue_order (crew_id)
    WHERE state IN ('sent', 'accepted', 'under_way', 'arrived');

-- What a crew can do beside the usual, and its working hours in local minutes of the day; NULL: always.
ALTER TABLE crew
    ADD COLUMN skills             text[] NOT NULL DEFAULT '{}',
    ADD COLUMN shift_from_minute  smallint CHECK (shift_from_minute BETWEEN 0 AND 1439),
    ADD COLUMN shift_until_minute smallint CHECK (shift_until_minute BETWEEN 0 AND 1439),
    ADD CONSTRAINT crew_shift_whole CHECK ((shift_from_minute IS NULL) = (shift_until_minute IS NULL));
ALTER TABLE lift ADD COLUMN skills_needed text[] NOT NULL DEFAULT '{}';

-- When the crew's device first showed it the order.
ALTER TABLE rescue_order ADD COLUMN seen_at timestamptz;

-- From where, how old, by whom the way was reckoned, load and missing skills.
ALTER TABLE rescue_candidate ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';

-- Rescues that run during the upgrade were begun without these two: they are looked after from now on.
INSERT INTO deadline (incident_id, kind, due_at)
SELECT incident.incident_id, watched.kind, now()
  FROM incident
 CROSS JOIN (VALUES ('predict'), ('passenger_update')) AS watched (kind)
 WHERE (incident.state IN ('open', 'ordered', 'accepted', 'under_way')
        OR (incident.state = 'arrived' AND watched.kind = 'passenger_update'))
   AND NOT EXISTS (SELECT FROM deadline AS known
                    WHERE known.incident_id = incident.incident_id AND known.kind = watched.kind
                      AND known.fired_at IS NULL AND known.cancelled_at IS NULL)
 ORDER BY incident.incident_id, watched.kind;

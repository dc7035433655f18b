-- An episode is raised from level to level: one row each, with the same onset. And an incident says
-- when the detector withdrew its belief, apart from when it saw the people get out.

ALTER TABLE detection DROP CONSTRAINT detection_transition_check;
ALTER TABLE detection ADD CONSTRAINT detection_transition_check
    CHECK (transition IN ('began', 'raised', 'ended'));

-- The constraint keeps its name: a gateway of the version before names it in ON CONFLICT.
CREATE UNIQUE INDEX detection_transition_once
    ON detection (lift_key, kind, onset_at, transition, level);
ALTER TABLE detection DROP CONSTRAINT detection_episode_once;
ALTER TABLE detection ADD CONSTRAINT detection_episode_once UNIQUE USING INDEX detection_transition_once;

-- Episodes that send nobody but must not be forgotten: shown until they end. The board asks every
-- second, so those that are over leave the index.
CREATE INDEX detection_warning_shown ON detection (detected_at)
    WHERE transition = 'began' AND kind = 'suppression_expired'
      AND handling IS DISTINCT FROM 'warning_over';

-- The detector no longer believes that anybody was shut in: no release, and it closes nothing.
ALTER TABLE incident ADD COLUMN withdrawn_at timestamptz;

-- Who and what there is: parties, lifts, crews, devices, accounts.

CREATE TYPE party_kind AS ENUM (
    'maker', 'maintainer', 'use_unit', 'rescue_station', 'public_rescue', 'regulator'
);

CREATE TABLE party (
    party_id   text PRIMARY KEY CHECK (party_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    kind       party_kind NOT NULL,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    phone      text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE lift (
    lift_key           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- narrow key of history rows
    lift_id            text NOT NULL CONSTRAINT lift_id_unique UNIQUE
                       CHECK (lift_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    rescue_code        text NOT NULL CONSTRAINT lift_rescue_code_unique UNIQUE,  -- on the sign in the car
    registration_code  text,                    -- 18 to 20 characters, may contain letters
    building           text NOT NULL,
    address            text NOT NULL,
    district           text NOT NULL,
    site_type          text NOT NULL CHECK (site_type IN
                       ('residential', 'office', 'hospital', 'hotel', 'shop', 'public', 'industrial')),
    latitude_deg       double precision NOT NULL CHECK (latitude_deg BETWEEN -90 AND 90),
    longitude_deg      double precision NOT NULL CHECK (longitude_deg BETWEEN -180 AND 180),
    floors_count       integer NOT NULL CHECK (floors_count BETWEEN 2 AND 200),
    rated_speed_mps    real NOT NULL CHECK (rated_speed_mps > 0 AND rated_speed_mps <= 25),
    rated_load_kg      real NOT NULL CHECK (rated_load_kg > 0),
    maker_id           text NOT NULL REFERENCES party,
    model              text NOT NULL,
    installed_on       date NOT NULL,
    use_unit_id        text NOT NULL REFERENCES party,
    registered_at      timestamptz NOT NULL,     -- when Liftward began to watch it: exposure starts here
    withdrawn_at       timestamptz CHECK (withdrawn_at > registered_at)
);

-- Which maintainer answers for a lift, and since when. One at a time.
CREATE TABLE maintenance_contract (
    lift_key      integer NOT NULL REFERENCES lift,
    maintainer_id text NOT NULL REFERENCES party,
    valid_from    timestamptz NOT NULL,
    valid_until   timestamptz CHECK (valid_until > valid_from),
    PRIMARY KEY (lift_key, valid_from)
);
CREATE UNIQUE INDEX maintenance_contract_one_open ON maintenance_contract (lift_key)
    WHERE valid_until IS NULL;
CREATE INDEX maintenance_contract_by_maintainer ON maintenance_contract (maintainer_id);

-- Who can be sent. The level is the response level of the party: 1 contracted maintainer,
-- 2 network rescue station, 3 public rescue.
CREATE TABLE crew (
    crew_id         text PRIMARY KEY CHECK (crew_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    party_id        text NOT NULL REFERENCES party,
    name            text NOT NULL,
    phone           text,
    base_latitude_deg  double precision NOT NULL CHECK (base_latitude_deg BETWEEN -90 AND 90),
    base_longitude_deg double precision NOT NULL CHECK (base_longitude_deg BETWEEN -180 AND 180),
    latitude_deg    double precision CHECK (latitude_deg BETWEEN -90 AND 90),
    longitude_deg   double precision CHECK (longitude_deg BETWEEN -180 AND 180),
    position_at     timestamptz,
    on_duty         boolean NOT NULL DEFAULT true
);
CREATE INDEX crew_by_party ON crew (party_id);

-- A device publishes under its own id: a lift's own gateway has the lift's id, an edge serves many.
CREATE TABLE device (
    device_id   text PRIMARY KEY CHECK (device_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    kind        text NOT NULL CHECK (kind IN ('lift', 'edge')),
    shard       smallint NOT NULL CHECK (shard BETWEEN 0 AND 255),
    enrolled_at timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE TABLE device_lift (
    device_id text NOT NULL REFERENCES device,
    lift_key  integer NOT NULL REFERENCES lift,
    PRIMARY KEY (device_id, lift_key)
);
CREATE INDEX device_lift_by_lift ON device_lift (lift_key);

CREATE TYPE account_role AS ENUM ('dispatcher', 'crew', 'evaluator', 'regulator', 'operator');

CREATE TABLE account (
    account_id  text PRIMARY KEY CHECK (account_id ~ '^[A-Za-z0-9_.-]{1,64}$'),
    role        account_role NOT NULL,
    name        text NOT NULL,
    secret_hash text NOT NULL,
    crew_id     text REFERENCES crew,
    created_at  timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT account_crew_has_crew CHECK ((role = 'crew') = (crew_id IS NOT NULL))
);

CREATE TABLE access_token (
    token_hash bytea PRIMARY KEY,
    account_id text NOT NULL REFERENCES account,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    revoked_at timestamptz
);
CREATE INDEX access_token_by_account ON access_token (account_id);

-- Failed sign-ins, to slow down guessing; rows older than the window are deleted.
CREATE TABLE failed_sign_in (
    account_id text NOT NULL,
    at         timestamptz NOT NULL
);
CREATE INDEX failed_sign_in_by_account ON failed_sign_in (account_id, at);

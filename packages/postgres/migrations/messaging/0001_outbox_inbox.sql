-- A service's outbox and inbox, in the database of its own state (docs/spec/events.md).

CREATE TABLE ashlar_outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event json NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT now()
);

-- Events that the stream will never take.
CREATE TABLE ashlar_outbox_refused (
  position bigint PRIMARY KEY,
  event json NOT NULL,
  error text NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ashlar_inbox (
  group_name text NOT NULL,
  key text NOT NULL,
  done_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_name, key)
);

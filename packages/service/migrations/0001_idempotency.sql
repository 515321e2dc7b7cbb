-- Answers that were given once, to be given again for the same idempotency key.
CREATE TABLE ashlar_idempotency (
  consumer      text        NOT NULL,
  key           text        NOT NULL,
  -- SHA-256 of the operation and its input: the same key with another request is a mistake.
  request_hash  bytea       NOT NULL,
  -- Names the process that works on it; whoever takes over writes another.
  claim         uuid        NOT NULL,
  claimed_until timestamptz NOT NULL,
  -- NULL while the work is under way.
  status        integer,
  headers       text,
  body          text,
  expires_at    timestamptz NOT NULL,
  PRIMARY KEY (consumer, key)
);

CREATE INDEX ashlar_idempotency_expires_at ON ashlar_idempotency (expires_at);

-- What gateways share: counted requests, API keys, passwords (docs/spec/postgres.md, PG*).

-- Unlogged: a crash of the server forgets the counts, which admits at most one more window.
CREATE UNLOGGED TABLE ashlar_rate_limit (
  key text PRIMARY KEY,
  slot_ms bigint NOT NULL DEFAULT 0,
  -- Slots with requests in them, ascending, and how many.
  slots bigint[] NOT NULL DEFAULT '{}',
  counts integer[] NOT NULL DEFAULT '{}',
  -- Milliseconds since the Unix epoch, after which nothing of this row counts.
  expires_ms bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE ashlar_api_key (
  id text PRIMARY KEY,
  secret_hash text NOT NULL,
  consumer text NOT NULL,
  roles text[] NOT NULL,
  scopes text[] NOT NULL,
  expires_at_ms bigint
);

CREATE TABLE ashlar_password (
  user_name text PRIMARY KEY,
  password_hash text NOT NULL,
  consumer text NOT NULL,
  roles text[] NOT NULL,
  scopes text[] NOT NULL
);

-- Counts one request against several limits at once, or against none of them.
-- p_now: milliseconds since the Unix epoch; null for the server's clock.
CREATE FUNCTION ashlar_take(
  p_now bigint, p_keys text[], p_limits integer[], p_slot_ms bigint[], p_befores integer[]
) RETURNS TABLE (allowed boolean, remaining integer, reset_ms bigint)
LANGUAGE plpgsql AS $$
DECLARE
  present bigint;
  admitted boolean := true;
  state ashlar_rate_limit;
  states ashlar_rate_limit[] := '{}';
  latest bigint[] := '{}';
  totals integer[] := '{}';
  total integer;
  earliest bigint;
BEGIN
  -- In one order, so that requests with the same limits wait for each other and never in a circle.
  INSERT INTO ashlar_rate_limit (key)
    SELECT key FROM unnest(p_keys) AS key ORDER BY key ON CONFLICT DO NOTHING;
  PERFORM FROM ashlar_rate_limit WHERE key = ANY (p_keys) ORDER BY key FOR UPDATE;
  present := coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);

  FOR i IN 1 .. cardinality(p_keys) LOOP
    SELECT * INTO state FROM ashlar_rate_limit WHERE key = p_keys[i];
    IF state.slot_ms IS DISTINCT FROM p_slot_ms[i] THEN
      state := ROW (p_keys[i], p_slot_ms[i], '{}'::bigint[], '{}'::integer[], 0);
    END IF;
    -- An earlier reading of the clock counts as the latest one seen (RL4).
    latest[i] := greatest(
      present / p_slot_ms[i], coalesce(state.slots[cardinality(state.slots)], 0));
    SELECT coalesce(array_agg(slot ORDER BY slot), '{}'), coalesce(array_agg(count ORDER BY slot), '{}'),
           coalesce(sum(count), 0)
      INTO state.slots, state.counts, total
      FROM unnest(state.slots, state.counts) AS kept (slot, count)
     WHERE slot >= latest[i] - p_befores[i];
    totals[i] := total;
    admitted := admitted AND totals[i] < p_limits[i];
    states[i] := state;
  END LOOP;

  FOR i IN 1 .. cardinality(p_keys) LOOP
    state := states[i];
    allowed := totals[i] < p_limits[i];
    IF admitted THEN
      IF state.slots[cardinality(state.slots)] = latest[i] THEN
        state.counts[cardinality(state.counts)] := state.counts[cardinality(state.counts)] + 1;
      ELSE
        state.slots := state.slots || latest[i];
        state.counts := state.counts || 1;
      END IF;
      totals[i] := totals[i] + 1;
      INSERT INTO ashlar_rate_limit AS r (key, slot_ms, slots, counts, expires_ms)
      VALUES (p_keys[i], p_slot_ms[i], state.slots, state.counts,
              (latest[i] + p_befores[i] + 2) * p_slot_ms[i])
      ON CONFLICT (key) DO UPDATE
        SET slot_ms = excluded.slot_ms, slots = excluded.slots, counts = excluded.counts,
            expires_ms = excluded.expires_ms;
    END IF;
    earliest := state.slots[1];
    remaining := greatest(0, p_limits[i] - totals[i]);
    reset_ms := coalesce((earliest + p_befores[i] + 1) * p_slot_ms[i] - present, 0);
    RETURN NEXT;
  END LOOP;
END $$;

-- Streams of events, and where each group of consumers stands (docs/spec/events.md).
-- Times are the database's own, so that consumers' clocks need not agree.

CREATE TABLE ashlar_stream (
  id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('log', 'queue')),
  partitions smallint NOT NULL CHECK (partitions BETWEEN 1 AND 1024),
  -- The last position given. Its row lock is what makes positions appear in order.
  head bigint NOT NULL DEFAULT 0
);

CREATE TABLE ashlar_event (
  stream_id smallint NOT NULL REFERENCES ashlar_stream,
  partition smallint NOT NULL,
  position bigint NOT NULL,
  key text NOT NULL,
  -- json, not jsonb: it keeps the text as it was published, escaped NUL characters included.
  event json NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, partition, position)
);
CREATE UNIQUE INDEX ashlar_event_key ON ashlar_event (stream_id, key);

CREATE TABLE ashlar_group (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream_id smallint NOT NULL REFERENCES ashlar_stream,
  name text NOT NULL,
  active_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (stream_id, name)
);

CREATE TABLE ashlar_member (
  group_id integer NOT NULL REFERENCES ashlar_group ON DELETE CASCADE,
  member text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (group_id, member)
);

CREATE TABLE ashlar_lease (
  group_id integer NOT NULL REFERENCES ashlar_group ON DELETE CASCADE,
  partition smallint NOT NULL,
  -- Everything up to here is handled, set aside, or dead.
  cursor bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  member text,
  expires_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (group_id, partition)
) WITH (fillfactor = 50); -- Updated with every commit: room for updates within the page.

-- Events that failed, and those of their subject behind them.
CREATE TABLE ashlar_waiting (
  group_id integer NOT NULL REFERENCES ashlar_group ON DELETE CASCADE,
  position bigint NOT NULL,
  partition smallint NOT NULL,
  subject text NOT NULL,
  attempts integer NOT NULL,
  due_at timestamptz NOT NULL,
  error text NOT NULL,
  event json NOT NULL,
  waiting_since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, position)
);

CREATE TABLE ashlar_dead (
  group_id integer NOT NULL REFERENCES ashlar_group ON DELETE CASCADE,
  position bigint NOT NULL,
  partition smallint NOT NULL,
  subject text NOT NULL,
  key text NOT NULL,
  attempts integer NOT NULL,
  error text NOT NULL,
  event json NOT NULL,
  died_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, position)
);

-- Stores those events whose key is new; returns how many.
--
-- The lock on the stream's row is held until the commit, and a commit is visible before its locks are
-- released: so the next publisher takes its positions only when these can be seen (SS1), and sees
-- their keys, for each statement of a volatile function has a snapshot of its own.
CREATE FUNCTION ashlar_publish(
  p_stream smallint, p_partitions smallint[], p_keys text[], p_events text[]
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  base bigint;
  fresh integer;
BEGIN
  SELECT head INTO STRICT base FROM ashlar_stream WHERE id = p_stream FOR UPDATE;
  INSERT INTO ashlar_event (stream_id, partition, position, key, event)
  SELECT p_stream, partition, base + row_number() OVER (ORDER BY ordinal), key, event::json
    FROM (
      SELECT DISTINCT ON (key) partition, key, event, ordinal
        FROM unnest(p_partitions, p_keys, p_events)
             WITH ORDINALITY AS given (partition, key, event, ordinal)
       ORDER BY key, ordinal
    ) AS first
   WHERE NOT EXISTS (
     SELECT FROM ashlar_event AS known
      WHERE known.stream_id = p_stream AND known.key = first.key
   );
  GET DIAGNOSTICS fresh = ROW_COUNT;
  IF fresh > 0 THEN
    UPDATE ashlar_stream SET head = base + fresh WHERE id = p_stream;
    PERFORM pg_notify('ashlar_stream', p_stream || ' events');
  END IF;
  RETURN fresh;
END $$;

-- Makes a group known; of a queue only the first. Returns the names of all known groups.
CREATE FUNCTION ashlar_open_group(p_stream smallint, p_name text, p_latest boolean)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  stream ashlar_stream;
  opened integer;
BEGIN
  SELECT * INTO STRICT stream FROM ashlar_stream WHERE id = p_stream FOR UPDATE;
  IF stream.kind = 'log' OR NOT EXISTS (SELECT FROM ashlar_group WHERE stream_id = p_stream) THEN
    INSERT INTO ashlar_group (stream_id, name) VALUES (p_stream, p_name)
      ON CONFLICT DO NOTHING RETURNING id INTO opened;
  END IF;
  IF opened IS NOT NULL THEN
    INSERT INTO ashlar_lease (group_id, partition, cursor)
    SELECT opened, partition, CASE WHEN p_latest THEN stream.head ELSE 0 END
      FROM generate_series(0, stream.partitions - 1) AS partition;
  END IF;
  RETURN QUERY SELECT name FROM ashlar_group WHERE stream_id = p_stream ORDER BY name;
END $$;

-- Keeps a member alive, renews its leases, and gives it free partitions up to its fair share.
-- Rows with is_new: given now. Each row repeats the fair share; one row without partition always comes.
CREATE FUNCTION ashlar_renew(
  p_group integer, p_member text, p_lease_ms bigint, p_partitions smallint[], p_epochs bigint[]
) RETURNS TABLE (partition smallint, epoch bigint, cursor bigint, is_new boolean, fair_share integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  -- Not now(), which may lie before a wait for the lock.
  present timestamptz;
  until timestamptz;
  share integer;
  kept integer;
BEGIN
  PERFORM FROM ashlar_group WHERE id = p_group FOR UPDATE;
  present := clock_timestamp();
  until := present + p_lease_ms * interval '1 millisecond';
  UPDATE ashlar_group SET active_at = present WHERE id = p_group;
  DELETE FROM ashlar_member WHERE group_id = p_group AND expires_at <= present AND member <> p_member;
  UPDATE ashlar_member SET expires_at = until WHERE group_id = p_group AND member = p_member;
  IF NOT FOUND THEN
    INSERT INTO ashlar_member (group_id, member, expires_at) VALUES (p_group, p_member, until);
    PERFORM pg_notify('ashlar_stream', stream_id || ' group') FROM ashlar_group WHERE id = p_group;
  END IF;
  SELECT ceil(s.partitions::numeric / (SELECT count(*) FROM ashlar_member WHERE group_id = p_group))
    INTO share
    FROM ashlar_group AS g JOIN ashlar_stream AS s ON s.id = g.stream_id WHERE g.id = p_group;

  RETURN QUERY
    UPDATE ashlar_lease AS l SET expires_at = until
      FROM unnest(p_partitions, p_epochs) AS held (partition, epoch)
     WHERE l.group_id = p_group AND l.member = p_member
       AND l.partition = held.partition AND l.epoch = held.epoch
    RETURNING l.partition, l.epoch, l.cursor, false, share;
  GET DIAGNOSTICS kept = ROW_COUNT;
  IF kept < share THEN
    RETURN QUERY
      UPDATE ashlar_lease AS l SET member = p_member, epoch = l.epoch + 1, expires_at = until
       WHERE l.group_id = p_group AND l.partition IN (
         SELECT free.partition FROM ashlar_lease AS free
          WHERE free.group_id = p_group AND (
            free.member IS NULL OR free.expires_at <= present
            -- Ours, by a renewal whose answer did not arrive.
            OR (free.member = p_member AND NOT EXISTS (
              SELECT FROM unnest(p_partitions, p_epochs) AS held (partition, epoch)
               WHERE held.partition = free.partition AND held.epoch = free.epoch))
          )
          -- What was renewed just now has a later end, and so is not free.
          AND NOT (free.member = p_member AND free.expires_at = until AND EXISTS (
            SELECT FROM unnest(p_partitions, p_epochs) AS held (partition, epoch)
             WHERE held.partition = free.partition AND held.epoch = free.epoch))
          ORDER BY free.partition LIMIT share - kept FOR UPDATE
       )
      RETURNING l.partition, l.epoch, l.cursor, true, share;
  END IF;
  RETURN QUERY SELECT NULL::smallint, NULL::bigint, NULL::bigint, false, share;
END $$;

-- Records the progress of partitions whose epoch still holds, and returns those that were recorded.
-- Waiting and dead events: JSON arrays of {partition, position, subject, attempts, dueInMs, error}.
CREATE FUNCTION ashlar_commit(
  p_group integer, p_partitions smallint[], p_epochs bigint[], p_cursors bigint[],
  p_settled json, p_waiting json, p_dead json
) RETURNS SETOF smallint LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held smallint[];
  stream smallint;
BEGIN
  WITH done AS (
    UPDATE ashlar_lease AS l SET cursor = greatest(l.cursor, given.cursor)
      FROM unnest(p_partitions, p_epochs, p_cursors) AS given (partition, epoch, cursor)
     WHERE l.group_id = p_group AND l.partition = given.partition AND l.epoch = given.epoch
       AND l.member IS NOT NULL
    RETURNING l.partition
  ) SELECT coalesce(array_agg(partition), '{}') INTO held FROM done;
  IF p_settled IS NULL AND p_waiting IS NULL AND p_dead IS NULL THEN
    RETURN QUERY SELECT unnest(held);
    RETURN;
  END IF;

  SELECT stream_id INTO stream FROM ashlar_group WHERE id = p_group;
  INSERT INTO ashlar_dead (group_id, position, partition, subject, key, attempts, error, event)
  SELECT p_group, u.position, u.partition, e.event ->> 'subject', e.event ->> 'key',
         u.attempts, u.error, e.event
    FROM json_to_recordset(p_dead)
           AS u (partition smallint, position bigint, attempts integer, error text)
    CROSS JOIN LATERAL (
      SELECT event FROM ashlar_waiting WHERE group_id = p_group AND position = u.position
      UNION ALL
      SELECT event FROM ashlar_event
       WHERE stream_id = stream AND partition = u.partition AND position = u.position
      LIMIT 1
    ) AS e
   WHERE u.partition = ANY (held)
  ON CONFLICT DO NOTHING;
  INSERT INTO ashlar_waiting
         (group_id, position, partition, subject, attempts, due_at, error, event)
  SELECT p_group, u.position, u.partition, u.subject, u.attempts,
         clock_timestamp() + u."dueInMs" * interval '1 millisecond', u.error, e.event
    FROM json_to_recordset(p_waiting) AS u (
           partition smallint, position bigint, subject text, attempts integer,
           "dueInMs" double precision, error text)
    CROSS JOIN LATERAL (
      SELECT event FROM ashlar_waiting WHERE group_id = p_group AND position = u.position
      UNION ALL
      SELECT event FROM ashlar_event
       WHERE stream_id = stream AND partition = u.partition AND position = u.position
      LIMIT 1
    ) AS e
   WHERE u.partition = ANY (held)
  ON CONFLICT (group_id, position) DO UPDATE
    SET attempts = excluded.attempts, due_at = excluded.due_at, error = excluded.error;
  DELETE FROM ashlar_waiting AS w
   USING json_to_recordset(p_settled) AS u (partition smallint, position bigint)
   WHERE w.group_id = p_group AND w.position = u.position AND u.partition = ANY (held);
  RETURN QUERY SELECT unnest(held);
END $$;

-- The foreign key looked the stream up again for each event of a batch: about a fifth of the time of
-- publishing. Events are only written by ashlar_publish, which has locked the stream's row, and
-- streams are never removed.
ALTER TABLE ashlar_event DROP CONSTRAINT ashlar_event_stream_id_fkey;

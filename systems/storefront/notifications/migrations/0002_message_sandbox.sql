-- What the sandbox SMS and push providers have been given. It stands for another company's records.

create table sandbox_messages (
  -- The caller's idempotency key: a message that comes twice is kept once.
  message_id text primary key,
  channel text not null check (channel in ('sms', 'push')),
  address text not null,
  text text not null,
  accepted_at timestamptz not null
);
create index sandbox_messages_by_age on sandbox_messages (accepted_at desc, message_id desc);

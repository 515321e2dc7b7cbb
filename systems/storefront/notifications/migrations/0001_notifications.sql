-- What people are told, the deliveries that tell them, and how they wish to be told.

-- One a person and event; shown in the shop itself.
create table notifications (
  id uuid primary key,
  user_id uuid not null,
  event_key text not null,
  type text not null,
  title text not null,
  body text not null,
  -- What it is about, for example `order/<id>`.
  subject text not null,
  created_at timestamptz not null,
  read_at timestamptz,
  -- NT1: an event makes one notification, however often it is delivered.
  unique (event_key, user_id)
);
create index notifications_by_user on notifications (user_id, created_at desc, id desc);
create index notifications_unread on notifications (user_id) where read_at is null;

-- One message by one channel, and how far it got.
create table deliveries (
  id uuid primary key,
  notification_id uuid not null references notifications on delete cascade,
  user_id uuid not null,
  channel text not null check (channel in ('email', 'sms', 'push')),
  -- The idempotency key of the message at its provider; the mail's Message-ID.
  message_id text not null unique,
  address text not null,
  locale text not null,
  type text not null,
  data jsonb not null,
  status text not null check (status in ('pending', 'sending', 'sent', 'dead')),
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null,
  -- While `sending`: until when one replica alone may send it.
  lease_until timestamptz,
  lease_holder uuid,
  last_error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  traceparent text,
  -- NT2: a notification goes out at most once by each channel.
  unique (notification_id, channel),
  check ((status = 'sending') = (lease_until is not null)),
  check ((status = 'sent') = (sent_at is not null))
);
create index deliveries_due on deliveries (next_attempt_at) where status = 'pending';
create index deliveries_leased on deliveries (lease_until) where status = 'sending';
create index deliveries_by_status on deliveries (status, created_at desc, id desc);
create index deliveries_by_user on deliveries (user_id);

create table preferences (
  user_id uuid primary key,
  email boolean not null,
  sms boolean not null,
  push boolean not null,
  -- Where push messages go: the token that the person's device got from its maker.
  push_token text,
  version integer not null check (version >= 0),
  updated_at timestamptz not null
);

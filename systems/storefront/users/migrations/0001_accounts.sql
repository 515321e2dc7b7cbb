-- Accounts, their sessions, the tokens mailed to them, and counted log-in attempts.

create table users (
  id uuid primary key,
  -- As its owner writes it; shown and mailed to.
  email text not null check (length(email) between 3 and 254),
  -- The same address in its one normal form: what makes an account unique.
  email_key text not null unique,
  name text not null check (length(name) between 1 and 100),
  role text not null check (role in ('customer', 'staff', 'admin')),
  locale text not null default 'en',
  -- E.164, for SMS; null: none.
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  password_hash text not null,
  email_verified_at timestamptz,
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Keyset pages, newest first.
create index users_by_age on users (created_at desc, id desc);
-- "Is there another admin?" without a scan.
create index users_privileged on users (role) where role <> 'customer';

-- One family of refresh tokens. Only hashes are kept.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  generation integer not null check (generation > 0),
  token_expires_at timestamptz not null,
  ends_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text check (
    revoked_reason in ('logout', 'reuse', 'passwordChanged', 'admin', 'userDeleted')
  ),
  user_agent text not null default '',
  created_at timestamptz not null,
  refreshed_at timestamptz not null,
  check ((revoked_at is null) = (revoked_reason is null))
);
create index sessions_by_user on sessions (user_id) where revoked_at is null;
create index sessions_by_end on sessions (ends_at);

-- Every token ever given out in a living session, so that a used one is known when it comes back.
create table refresh_tokens (
  hash bytea primary key check (length(hash) = 32),
  session_id uuid not null references sessions on delete cascade,
  generation integer not null check (generation > 0),
  unique (session_id, generation)
);

-- Requests for a mailed token. The token itself is derived from the id and kept nowhere.
create table mailed_tokens (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  purpose text not null check (purpose in ('resetPassword', 'verifyEmail')),
  -- The address at the time of asking: a verification proves this one and no other.
  email_key text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index mailed_tokens_by_user on mailed_tokens (user_id, created_at desc);
create index mailed_tokens_by_end on mailed_tokens (expires_at);

-- Log-in attempts by account and address, by account, and by address; keys are hashed.
create table login_attempts (
  key text primary key,
  attempts integer not null check (attempts >= 0),
  last_at timestamptz not null,
  blocked_until timestamptz not null
);
create index login_attempts_by_age on login_attempts (last_at);

-- The sandbox payment provider's own ledger. It stands for another company's database: the orders
-- service never reads or writes these tables except through the provider's port, and the sandbox
-- commits on connections of its own.

create table sandbox_payments (
  -- The caller's idempotency key.
  key uuid primary key,
  status text not null check (
    status in ('authorized', 'captured', 'declined', 'voided', 'refunded')
  ),
  amount_minor bigint not null check (amount_minor >= 0),
  currency char(3),
  card_fingerprint text,
  decline_code text,
  -- Test cards may ask for silence: this many more captures are done and not answered.
  silent_captures integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Every movement of money, for proof: one charge a key, one refund a key.
create table sandbox_entries (
  key uuid not null references sandbox_payments,
  kind text not null check (kind in ('charge', 'refund')),
  amount_minor bigint not null check (amount_minor > 0),
  booked_at timestamptz not null,
  primary key (key, kind)
);

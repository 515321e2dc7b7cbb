-- Orders, what they hold, and their payments.

create sequence order_numbers start 100001;

create table orders (
  id uuid primary key,
  -- What people say on the telephone.
  number text not null unique default ('SF-' || nextval('order_numbers')),
  user_id uuid not null,
  status text not null check (
    status in ('placed', 'paying', 'paid', 'shipped', 'delivered', 'cancelled', 'expired')
  ),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  total_minor bigint not null check (total_minor > 0),
  pay_before timestamptz not null,
  carrier text,
  tracking_number text,
  cancel_reason text,
  version integer not null default 1 check (version > 0),
  placed_at timestamptz not null,
  updated_at timestamptz not null,
  check ((carrier is not null) = (status in ('shipped', 'delivered')))
);
create index orders_by_age on orders (placed_at desc, id desc);
create index orders_by_user on orders (user_id, placed_at desc, id desc);
create index orders_unpaid on orders (pay_before) where status = 'placed';

-- Name and price as they were when the order was placed.
create table order_lines (
  order_id uuid not null references orders on delete cascade,
  position integer not null check (position > 0),
  product_id uuid not null references products on delete restrict,
  sku text not null,
  name text not null,
  unit_price_minor bigint not null check (unit_price_minor > 0),
  quantity integer not null check (quantity > 0),
  primary key (order_id, position),
  unique (order_id, product_id)
);

-- One attempt to pay. Its id is the provider's idempotency key. No card is ever stored.
create table payments (
  id uuid primary key,
  order_id uuid not null references orders on delete restrict,
  status text not null check (
    status in (
      'authorizing', 'capturing', 'captured', 'declined', 'voiding', 'voided', 'refunding',
      'refunded'
    )
  ),
  amount_minor bigint not null check (amount_minor > 0),
  currency char(3) not null,
  card_brand text not null,
  card_last4 char(4) not null,
  reason text,
  -- What the client named this attempt; the same name gives the same answer.
  client_key text check (length(client_key) between 1 and 200),
  -- While this is in the future, one replica alone works on the payment.
  lease_until timestamptz not null,
  attempts integer not null default 0 check (attempts >= 0),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- PY1: an order has at most one payment that holds, or may come to hold, the customer's money.
create unique index payments_one_live on payments (order_id)
  where status in ('authorizing', 'capturing', 'captured', 'voiding', 'refunding');
create unique index payments_by_client_key on payments (order_id, client_key);
create index payments_by_order on payments (order_id, created_at);
create index payments_unsettled on payments (lease_until)
  where status in ('authorizing', 'capturing', 'voiding', 'refunding');

-- Answers to requests that a client named, kept for a while: a repeated request gets the same one.
create table idempotent_answers (
  user_id uuid not null,
  key text not null check (length(key) between 1 and 200),
  -- Of the request: the same key with another request is a fault.
  fingerprint bytea not null check (length(fingerprint) = 32),
  answer jsonb,
  created_at timestamptz not null,
  primary key (user_id, key)
);
create index idempotent_answers_by_age on idempotent_answers (created_at);

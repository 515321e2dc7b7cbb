-- Products and their stock.

create table products (
  id uuid primary key,
  sku text not null unique check (sku ~ '^[A-Z0-9][A-Z0-9-]{1,39}$'),
  name text not null check (length(name) between 1 and 200),
  description text not null default '' check (length(description) <= 5000),
  price_minor bigint not null check (price_minor > 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  -- False: no longer sold, still named by the orders that hold it.
  active boolean not null default true,
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  search tsvector not null generated always as (
    setweight(to_tsvector('simple', name), 'A')
      || setweight(to_tsvector('simple', sku), 'A')
      || setweight(to_tsvector('simple', description), 'B')
  ) stored
);
create index products_by_age on products (created_at desc, id desc);
create index products_by_words on products using gin (search);

-- ST1: neither figure is ever negative; the database refuses what the code would miss.
create table stock (
  product_id uuid primary key references products on delete restrict,
  -- Free to be ordered.
  available integer not null default 0 check (available >= 0),
  -- Promised to orders that are not shipped.
  reserved integer not null default 0 check (reserved >= 0)
);

-- ST2: everything that ever changed a product's stock. available + reserved is the sum of
-- `restock` and `correct` less the sum of `ship`.
create table stock_movements (
  id bigint generated always as identity primary key,
  product_id uuid not null references products on delete restrict,
  -- Null for a restock or a correction.
  order_id uuid,
  kind text not null check (kind in ('restock', 'correct', 'reserve', 'release', 'ship')),
  quantity integer not null check (quantity <> 0),
  moved_at timestamptz not null,
  check ((order_id is null) = (kind in ('restock', 'correct'))),
  check (quantity > 0 or kind = 'correct')
);
-- ST3: an order reserves, releases and ships a product at most once each.
create unique index stock_movements_once on stock_movements (order_id, product_id, kind)
  where order_id is not null;
create index stock_movements_by_product on stock_movements (product_id, id);

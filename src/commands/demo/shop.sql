-- A small shop. All rows follow from their numbers, so that every demo is the same.
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  city TEXT NOT NULL,
  joined TEXT NOT NULL,
  newsletter INTEGER NOT NULL DEFAULT 0 CHECK (newsletter IN (0, 1))
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL,
  price REAL NOT NULL CHECK (price > 0)
);
CREATE TABLE stock (
  product INTEGER PRIMARY KEY REFERENCES products (id),
  pieces INTEGER NOT NULL,
  shelf TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customers (id),
  placed TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'new'
);
CREATE TABLE items (
  "order" INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  product INTEGER NOT NULL REFERENCES products (id),
  pieces INTEGER NOT NULL CHECK (pieces > 0),
  price REAL NOT NULL,
  PRIMARY KEY ("order", line)
) WITHOUT ROWID;

INSERT INTO customers
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 480),
  word (first, last, city) AS (VALUES (
    '["Ada","Ben","Clara","David","Elena","Felix","Greta","Hugo","Ines","Jonas","Katja","Liam","Maria","Nils","Olga","Pavel","Rosa","Samir","Tess","Viktor","Wanda","Yusuf","Zoe"]',
    '["Adler","Brandt","Costa","Dubois","Eriksen","Fischer","Garcia","Hansen","Ivanov","Jansen","Keller","Lang","Moreau","Novak","Okafor","Petrov","Quist","Rossi","Santos","Tanaka","Ueda","Vogel","Weber","Young","Zimmer","Berg","Chen","Dahl","Evans"]',
    '["Berlin","Lisbon","Kraków","Zürich","Lyon","Oslo","Porto","Graz","Málaga","Utrecht","Ghent"]'))
SELECT
  i,
  first ->> (i % 23) || ' ' || (last ->> (i * 7 % 29)),
  lower(first ->> (i % 23)) || '.' || lower(last ->> (i * 7 % 29)) || i || '@example.com',
  city ->> (i * 5 % 11),
  date('2024-01-01', '+' || (i * 13 / 10) || ' days'),
  i % 3 = 0
FROM number, word;

INSERT INTO products
WITH RECURSIVE
  number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < 83),
  word (kind, thing, category) AS (VALUES (
    '["Small","Large","Folding","Classic","Travel","Garden","Winter"]',
    '["Kettle","Lamp","Chair","Blanket","Notebook","Backpack","Teapot","Umbrella","Mug","Clock","Basket","Vase"]',
    '["Kitchen","Lighting","Furniture","Textiles","Paper","Travel","Kitchen","Travel","Kitchen","Home","Home","Home"]'))
SELECT
  i + 1,
  kind ->> (i / 12) || ' ' || lower(thing ->> (i % 12)),
  category ->> (i % 12),
  round(4.9 + (i * 37 % 90) + (i % 4) * 0.25, 2)
FROM number, word;

INSERT INTO stock
SELECT id, id * 29 % 140, char(65 + id % 6) || '-' || (id % 17 + 1) FROM products;

INSERT INTO orders
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 1600)
SELECT
  i,
  i * 31 % 480 + 1,
  datetime('2025-01-02 08:00:00', '+' || (i * 5) || ' hours', '+' || (i * 17 % 60) || ' minutes'),
  CASE WHEN i > 1560 THEN 'new' WHEN i % 41 = 0 THEN 'returned' WHEN i > 1500 THEN 'paid' ELSE 'shipped' END
FROM number;

INSERT INTO items
WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line WHERE n < 4)
SELECT orders.id, n, products.id, (orders.id + n) % 3 + 1, products.price
FROM orders
JOIN line ON n <= orders.id % 4 + 1
JOIN products ON products.id = (orders.id * 11 + n * 19) % 84 + 1;

CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX items_product ON items (product);
CREATE VIEW order_totals AS
  SELECT orders.id, customers.name, orders.placed, round(sum(items.pieces * items.price), 2) AS total
  FROM orders
  JOIN customers ON customers.id = orders.customer
  JOIN items ON items."order" = orders.id
  GROUP BY orders.id;
CREATE TRIGGER items_leave_stock AFTER INSERT ON items
BEGIN
  UPDATE stock SET pieces = pieces - NEW.pieces WHERE product = NEW.product;
END;

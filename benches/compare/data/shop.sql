-- E: a shop with foreign keys. @items is the number of order items; the rest follows from it.
CREATE TABLE categories (
  id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id SMALLINT UNSIGNED,
  name VARCHAR(80) NOT NULL,
  slug VARCHAR(80) NOT NULL UNIQUE,
  CONSTRAINT category_parent FOREIGN KEY (parent_id) REFERENCES categories (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(190) NOT NULL UNIQUE,
  name VARCHAR(100) NOT NULL,
  country CHAR(2) NOT NULL,
  born DATE,
  newsletter TINYINT(1) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  KEY country_created (country, created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  category_id SMALLINT UNSIGNED NOT NULL,
  sku VARCHAR(32) NOT NULL UNIQUE,
  title VARCHAR(200) NOT NULL,
  price DECIMAL(10, 2) NOT NULL,
  weight DOUBLE,
  attributes JSON NOT NULL,
  KEY price (price),
  CONSTRAINT product_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE orders (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  status ENUM('new', 'paid', 'sent', 'returned') NOT NULL,
  total DECIMAL(12, 2) NOT NULL,
  note VARCHAR(255),
  placed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  KEY status_placed (status, placed_at),
  CONSTRAINT order_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE order_items (
  order_id INT UNSIGNED NOT NULL,
  line TINYINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT NOT NULL,
  price DECIMAL(10, 2) NOT NULL,
  discount DECIMAL(5, 4),
  state ENUM('open', 'packed', 'sent', 'returned') NOT NULL,
  trace BINARY(16) NOT NULL,
  options JSON,
  packed_at DATETIME(6),
  PRIMARY KEY (order_id, line),
  KEY state_packed (state, packed_at),
  CONSTRAINT item_order FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT item_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

CREATE TABLE payments (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id INT UNSIGNED NOT NULL,
  method ENUM('card', 'transfer', 'cash') NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  reference VARCHAR(64) NOT NULL UNIQUE,
  paid_at DATETIME NOT NULL,
  CONSTRAINT payment_order FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

SET @orders = CEIL(@items / 3) + 1;
SET @customers = CEIL(@items * 0.15);
SET @products = CEIL(@items * 0.0245);
SET @payments = CEIL(@items * 0.1);

INSERT INTO categories
SELECT i, IF(i <= 20, NULL, 1 + i % 20), CONCAT('Category ', i), CONCAT('category-', i)
FROM numbers.n WHERE i <= 1000;

INSERT INTO customers
SELECT i, CONCAT('customer', i, '@', SUBSTR(SHA2(i, 256), 1, 6), '.example'), CONCAT('Zoë Müller ', SUBSTR(SHA2(i, 256), 7, 8)),
  ELT(1 + i % 5, 'AT', 'CH', 'DE', 'FR', 'NL'), IF(i % 4 = 0, NULL, DATE('1950-01-01') + INTERVAL i % 20000 DAY),
  i % 2, TIMESTAMP('2020-01-01') + INTERVAL CRC32(i) % 100000000 SECOND + INTERVAL (i % 1000) * 1000 MICROSECOND
FROM numbers.n WHERE i <= @customers;

INSERT INTO products
SELECT i, 1 + i % 1000, CONCAT('SKU-', LPAD(i, 8, '0')), CONCAT('Product ', i, ' ', SUBSTR(SHA2(CONCAT('t', i), 256), 1, 32)),
  CRC32(CONCAT('p', i)) % 100000 / 100, IF(i % 7 = 0, NULL, CRC32(i) % 10000 / 7),
  JSON_OBJECT('color', ELT(1 + i % 3, 'red', 'green', 'blue'), 'size', CAST(i % 50 AS SIGNED), 'code', SUBSTR(SHA2(i, 256), 1, 12))
FROM numbers.n WHERE i <= @products;

INSERT INTO orders
SELECT i, 1 + CRC32(CONCAT('c', i)) % @customers, ELT(1 + i % 4, 'new', 'paid', 'sent', 'returned'),
  CRC32(CONCAT('o', i)) % 1000000 / 100, IF(i % 5 = 0, CONCAT('Leave it at the door ', i), NULL),
  TIMESTAMP('2022-01-01') + INTERVAL i * 37 SECOND
FROM numbers.n WHERE i <= @orders;

INSERT INTO order_items
SELECT 1 + i DIV 3, 1 + i % 3, 1 + CRC32(CONCAT('q', i)) % @products, 1 + i % 9, CRC32(CONCAT('r', i)) % 50000 / 100,
  IF(i % 6 = 0, i % 5000 / 10000, NULL), ELT(1 + i % 4, 'open', 'packed', 'sent', 'returned'), UNHEX(SUBSTR(SHA2(CONCAT('u', i), 256), 1, 32)),
  IF(i % 3 = 0, JSON_OBJECT('gift', CAST(i % 2 AS SIGNED), 'text', SUBSTR(SHA2(i, 256), 1, 10)), NULL),
  IF(i % 4 = 0, NULL, TIMESTAMP('2022-01-01') + INTERVAL i * 13 SECOND + INTERVAL CRC32(i) % 1000000 MICROSECOND)
FROM numbers.n WHERE i <= @items;

INSERT INTO payments
SELECT i, i * 2, ELT(1 + i % 3, 'card', 'transfer', 'cash'), CRC32(CONCAT('o', i)) % 1000000 / 100,
  CONCAT('PAY-', SUBSTR(SHA2(CONCAT('y', i), 256), 1, 32)), TIMESTAMP('2022-01-02') + INTERVAL i * 75 SECOND
FROM numbers.n WHERE i <= @payments;

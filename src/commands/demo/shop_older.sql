-- The shop some weeks earlier: before the newsletter, the last orders and a change of prices.
DELETE FROM orders WHERE placed >= '2025-11-01';
DELETE FROM customers WHERE id > 440 AND id NOT IN (SELECT customer FROM orders);
UPDATE products SET price = round(price * 0.95, 2) WHERE id % 7 = 0;
UPDATE orders SET status = 'paid' WHERE placed >= '2025-10-01';
UPDATE stock SET pieces = pieces + 12 WHERE product % 5 = 0;
ALTER TABLE customers DROP COLUMN newsletter;
DROP INDEX orders_placed;

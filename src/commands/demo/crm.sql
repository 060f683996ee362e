-- Companies, the people there, and what they may buy. All rows follow from their numbers.
CREATE TABLE companies (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  industry TEXT NOT NULL,
  parent INTEGER REFERENCES companies (id),
  city TEXT NOT NULL
) STRICT;
CREATE TABLE contacts (
  id INTEGER PRIMARY KEY,
  company INTEGER NOT NULL REFERENCES companies (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  phone TEXT
) STRICT;
CREATE TABLE deals (
  id INTEGER PRIMARY KEY,
  company INTEGER NOT NULL REFERENCES companies (id),
  contact INTEGER REFERENCES contacts (id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  stage TEXT NOT NULL CHECK (stage IN ('lead', 'offer', 'won', 'lost')),
  closes TEXT NOT NULL
) STRICT;

INSERT INTO companies
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 160),
  word (start, form, industry, city) AS (VALUES (
    '["Northwind","Bluestone","Hartmann","Silverleaf","Oakridge","Meridian","Castell","Falkner","Lumen","Marlow","Quarry","Tidewater","Vantage"]',
    '["Logistics","Foods","Instruments","Print","Energy","Textiles","Systems","Glass","Media","Tools","Pharma"]',
    '["transport","food","instruments","printing","energy","textiles","software","glass","media","machinery","health"]',
    '["Hamburg","Antwerp","Göteborg","Turin","Bilbao","Brno","Leeds","Cork"]'))
SELECT
  i,
  start ->> (i % 13) || ' ' || (form ->> (i % 11)) || CASE WHEN i > 143 THEN ' ' || (i - 142) ELSE '' END,
  industry ->> (i % 11),
  CASE WHEN i > 20 AND i % 9 = 0 THEN i / 9 END,
  city ->> (i * 3 % 8)
FROM number, word;

INSERT INTO contacts
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 620),
  word (first, last, role) AS (VALUES (
    '["Anna","Bram","Celia","Dirk","Eva","Finn","Gina","Henrik","Ida","Joris","Kim","Lotte","Marc","Noor","Otto","Paula","Ralf"]',
    '["Aalto","Bauer","Conti","De Vries","Engel","Ferrari","Gruber","Horvat","Jensen","Kovac","Larsen","Maes","Nagy","O''Brien","Popescu","Ruiz","Smit","Turner","Varga"]',
    '["Purchasing","Managing director","Assistant","Accounts","Plant manager","IT"]'))
SELECT
  i,
  i * 7 % 160 + 1,
  first ->> (i % 17) || ' ' || (last ->> (i * 5 % 19)),
  role ->> (i % 6),
  CASE WHEN i % 8 <> 0 THEN printf('+49 40 555 %04d', i * 37 % 10000) END
FROM number, word;

INSERT INTO deals
WITH RECURSIVE
  number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 740),
  word (title, stage) AS (VALUES (
    '["Yearly contract","Pilot","Spare parts","Extension","Training","Renewal","Second site"]',
    '["won","lost","won","offer","lead"]'))
SELECT
  i,
  contacts.company,
  contacts.id,
  title ->> (i % 7),
  500 + i * 7919 % 90000,
  CASE WHEN i < 600 THEN stage ->> (i % 3) ELSE stage ->> (i % 5) END,
  date('2024-02-01', '+' || i || ' days')
FROM number JOIN word JOIN contacts ON contacts.id = i * 3 % 620 + 1;

CREATE INDEX contacts_company ON contacts (company);
CREATE INDEX deals_stage ON deals (stage, closes);
CREATE INDEX contacts_name ON contacts (lower(name));
CREATE VIEW pipeline AS
  SELECT stage, count(*) AS deals, sum(amount) AS amount FROM deals GROUP BY stage;

-- The same companies half a year earlier.
DELETE FROM deals WHERE id > 560;
UPDATE deals SET stage = 'offer' WHERE id > 520;
DELETE FROM contacts WHERE id > 600 AND id NOT IN (SELECT contact FROM deals WHERE contact IS NOT NULL);
UPDATE contacts SET role = 'Assistant' WHERE id % 50 = 0;
DROP INDEX contacts_name;

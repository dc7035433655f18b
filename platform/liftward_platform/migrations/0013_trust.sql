-- A place kept for another branch.
SELECT 1;

-- Number 0007 belongs to a change that is merged beside this one; this file leaves with that merge.
SELECT 1;

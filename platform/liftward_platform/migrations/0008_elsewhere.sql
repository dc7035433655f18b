-- Number 0008 belongs to a change that is merged beside this one; this file leaves with that merge.
SELECT 1;

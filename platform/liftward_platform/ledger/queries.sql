-- lock_lift --
-- Serialise appends to one lift's chain. NO KEY: rows that only refer to the lift do not wait.
SELECT lift_id FROM lift WHERE lift_key = %(lift_key)s FOR NO KEY UPDATE

-- last_of_lift --
-- The entry that the next one of this lift points back to.
SELECT lift_entry_number, leaf_hash
  FROM ledger_entry
 WHERE lift_key = %(lift_key)s
 ORDER BY lift_entry_number DESC
 LIMIT 1

-- insert_entry --
-- Add an entry at the end of its lift's chain.
INSERT INTO ledger_entry (lift_key, lift_entry_number, kind, incident_id, occurred_at, recorded_at,
                          actor, body, lift_previous_hash, leaf_hash)
VALUES (%(lift_key)s, %(lift_entry_number)s, %(kind)s, %(incident_id)s, %(occurred_at)s,
        %(recorded_at)s, %(actor)s, %(body)s, %(lift_previous_hash)s, %(leaf_hash)s)
RETURNING entry_id

-- entries_of_lift --
-- A lift's history, oldest first, a page at a time.
SELECT entry_id, lift_id, lift_entry_number, kind, incident_id, occurred_at, recorded_at, actor, body,
       lift_previous_hash, leaf_hash, leaf_index
  FROM ledger_entry JOIN lift USING (lift_key)
 WHERE lift_id = %(lift_id)s AND lift_entry_number > %(after)s
 ORDER BY lift_entry_number
 LIMIT %(limit)s

-- entries_of_incident --
-- What the ledger says about one incident, in order.
SELECT entry_id, lift_id, lift_entry_number, kind, incident_id, occurred_at, recorded_at, actor, body,
       lift_previous_hash, leaf_hash, leaf_index
  FROM ledger_entry JOIN lift USING (lift_key)
 WHERE incident_id = %(incident_id)s
 ORDER BY lift_entry_number

-- lift_exists --
-- Whether a lift of this id was ever registered.
SELECT 1 FROM lift WHERE lift_id = %(lift_id)s

-- lock_tree --
-- One integrator at a time, over all processes.
SELECT pg_advisory_xact_lock(%(lock)s)

-- last_checkpoint --
-- The newest signed tree head.
SELECT tree_size, root_hash, frontier, note, created_at
  FROM ledger_checkpoint
 ORDER BY tree_size DESC
 LIMIT 1

-- unintegrated --
-- Entries that no checkpoint covers yet, in the order in which they were recorded.
SELECT entry_id, leaf_hash
  FROM ledger_entry
 WHERE leaf_index IS NULL
 ORDER BY entry_id
 LIMIT %(limit)s

-- integrate --
-- Give entries their places in the tree.
UPDATE ledger_entry
   SET leaf_index = place.leaf_index
  FROM unnest(%(entry_ids)s::bigint[], %(leaf_indexes)s::bigint[]) AS place (entry_id, leaf_index)
 WHERE ledger_entry.entry_id = place.entry_id AND ledger_entry.leaf_index IS NULL

-- insert_checkpoint --
-- Publish a signed tree head.
INSERT INTO ledger_checkpoint (tree_size, root_hash, frontier, note, created_at)
VALUES (%(tree_size)s, %(root_hash)s, %(frontier)s, %(note)s, %(now)s)

-- all_entries --
-- Everything, in tree order, entries without a place last: one pass checks hashes, chains and tree.
SELECT entry_id, lift_id, lift_entry_number, kind, incident_id, occurred_at, recorded_at, actor, body,
       lift_previous_hash, leaf_hash, leaf_index
  FROM ledger_entry LEFT JOIN lift USING (lift_key)
 ORDER BY leaf_index NULLS LAST, entry_id

-- all_checkpoints --
-- Every signed tree head, smallest tree first.
SELECT tree_size, root_hash, frontier, note, created_at
  FROM ledger_checkpoint
 ORDER BY tree_size

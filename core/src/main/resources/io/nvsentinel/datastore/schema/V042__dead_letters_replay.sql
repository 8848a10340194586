-- Purpose: serves "is anything to be replayed", which each running processor asks about once a second.
-- Locks:   none; the table is new and empty.
CREATE INDEX dead_letters_replay ON dead_letters (client_name, position) WHERE replay_requested;

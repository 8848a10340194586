-- Purpose: serves "events of a node, newest first".
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_node_created ON health_events (node_name, created_at DESC, id DESC);

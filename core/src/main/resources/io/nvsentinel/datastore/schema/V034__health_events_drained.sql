-- Purpose: serves "was this node ever drained", however long its history.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_drained ON health_events (node_name, created_at)
    WHERE user_pods_eviction_status = 'Succeeded';

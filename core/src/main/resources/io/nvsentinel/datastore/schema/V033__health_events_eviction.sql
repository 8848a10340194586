-- Purpose: serves "events by the state of the eviction, newest first".
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_eviction ON health_events (user_pods_eviction_status, created_at DESC, id DESC);

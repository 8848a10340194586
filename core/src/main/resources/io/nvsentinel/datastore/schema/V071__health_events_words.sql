-- Purpose: serves full-text search over health events.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_words ON health_events USING gin (nvsentinel_words(data));

-- Purpose: serves "which maintenance was cancelled and is not settled yet".
-- Locks:   SHARE on maintenance_events while the index is built, which holds writers up: a second for some million rows.
CREATE INDEX maintenance_events_cancelled ON maintenance_events (last_updated_timestamp) WHERE status = 'CANCELLED';

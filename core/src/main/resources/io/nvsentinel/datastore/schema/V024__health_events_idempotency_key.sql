-- Purpose: an event that carries an idempotency key is stored once: inserts that name the key find the conflict here.
-- Locks:   SHARE on health_events while it is built: writes wait, a minute for some ten million rows.
CREATE UNIQUE INDEX healthevent_idempotency_key_unique
    ON health_events ((data #>> '{healthevent,metadata,idempotencyKey}'))
    WHERE (data #>> '{healthevent,metadata,idempotencyKey}') IS NOT NULL;

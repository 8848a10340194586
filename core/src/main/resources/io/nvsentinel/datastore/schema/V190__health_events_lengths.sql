-- Purpose: an indexed field that is too long for its index is refused with its name: an entry of a B-tree has at most 2,704
--          bytes. Rows that are there already are checked when they are written again.
-- Locks:   ACCESS EXCLUSIVE on health_events, for milliseconds: nothing is read.
ALTER TABLE health_events
    ADD CONSTRAINT health_events_node_name_length CHECK (octet_length(node_name) <= 2000) NOT VALID,
    ADD CONSTRAINT health_events_user_pods_eviction_status_length
        CHECK (octet_length(user_pods_eviction_status) <= 2000) NOT VALID,
    ADD CONSTRAINT health_events_idempotency_key_length
        CHECK (octet_length(data #>> '{healthevent,metadata,idempotencyKey}') <= 2000) NOT VALID;

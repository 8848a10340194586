-- Purpose: as for health events; the provider and the cluster share an index. An event without an id is refused however it is
--          written.
-- Locks:   ACCESS EXCLUSIVE on maintenance_events, for milliseconds: nothing is read.
ALTER TABLE maintenance_events
    ADD CONSTRAINT maintenance_events_event_id_length CHECK (octet_length(event_id) <= 2000) NOT VALID,
    ADD CONSTRAINT maintenance_events_node_name_length CHECK (octet_length(node_name) <= 2000) NOT VALID,
    ADD CONSTRAINT maintenance_events_csp_length CHECK (octet_length(csp) <= 1000) NOT VALID,
    ADD CONSTRAINT maintenance_events_cluster_name_length CHECK (octet_length(cluster_name) <= 1000) NOT VALID,
    ADD CONSTRAINT maintenance_events_event_id_present CHECK (event_id <> '') NOT VALID;

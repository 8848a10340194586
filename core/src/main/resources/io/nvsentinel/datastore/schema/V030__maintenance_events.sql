-- Purpose: maintenance events. data is the document; the mirrored columns are derived from it by the database.
--          version counts the writes of the row.
-- Locks:   none; the table is new.
CREATE TABLE maintenance_events (
    id                       uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    version                  bigint      NOT NULL DEFAULT 1,
    data                     jsonb       NOT NULL,
    event_id                 text        NOT NULL GENERATED ALWAYS AS (nvsentinel_text(data -> 'eventId')) STORED,
    csp                      text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'csp')) STORED,
    cluster_name             text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'clusterName')) STORED,
    node_name                text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'nodeName')) STORED,
    status                   text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'status')) STORED,
    csp_status               text        GENERATED ALWAYS AS (nvsentinel_text(data -> 'cspStatus')) STORED,
    scheduled_start_time     timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'scheduledStartTime')) STORED,
    actual_end_time          timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'actualEndTime')) STORED,
    event_received_timestamp timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'eventReceivedTimestamp')) STORED,
    last_updated_timestamp   timestamptz GENERATED ALWAYS AS (nvsentinel_instant(data -> 'lastUpdatedTimestamp')) STORED,
    CONSTRAINT maintenance_events_pkey PRIMARY KEY (id),
    CONSTRAINT maintenance_events_event_id_unique UNIQUE (event_id),
    CONSTRAINT maintenance_events_data_is_object CHECK (jsonb_typeof(data) = 'object')
);

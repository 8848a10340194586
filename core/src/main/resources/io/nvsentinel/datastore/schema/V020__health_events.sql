-- Purpose: health events. data is the document; every other column but id and the two stamps is derived from it by the
--          database, from the first spelling that is not null, so that no write can let them disagree. version counts the
--          writes of the row.
-- Locks:   none; the table is new.
CREATE TABLE health_events (
    id                          uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at                  timestamptz NOT NULL DEFAULT now(),
    updated_at                  timestamptz NOT NULL DEFAULT now(),
    version                     bigint      NOT NULL DEFAULT 1,
    data                        jsonb       NOT NULL,
    node_name                   text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,nodeName}',
        data #> '{healthevent,nodename}',
        data -> 'nodeName')) STORED,
    event_type                  text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,checkName}',
        data #> '{healthevent,checkname}')) STORED,
    severity                    text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healthevent,componentClass}',
        data #> '{healthevent,componentclass}')) STORED,
    recommended_action          text        GENERATED ALWAYS AS (nvsentinel_recommended_action(
        data #> '{healthevent,recommendedAction}',
        data #> '{healthevent,recommendedaction}')) STORED,
    node_quarantined            text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,nodequarantined}',
        data #> '{healtheventstatus,nodeQuarantined}',
        data #> '{healthEventStatus,nodeQuarantined}')) STORED,
    user_pods_eviction_status   text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,userpodsevictionstatus,status}',
        data #> '{healtheventstatus,userpodsevictionstatus,Status}',
        data #> '{healtheventstatus,userPodsEvictionStatus,status}',
        data #> '{healthEventStatus,userPodsEvictionStatus,status}')) STORED,
    user_pods_eviction_message  text        GENERATED ALWAYS AS (nvsentinel_text(
        data #> '{healtheventstatus,userpodsevictionstatus,message}',
        data #> '{healtheventstatus,userpodsevictionstatus,Message}',
        data #> '{healtheventstatus,userPodsEvictionStatus,message}',
        data #> '{healthEventStatus,userPodsEvictionStatus,message}')) STORED,
    fault_remediated            boolean     GENERATED ALWAYS AS (nvsentinel_boolean(
        data #> '{healtheventstatus,faultremediated}',
        data #> '{healtheventstatus,faultRemediated}',
        data #> '{healthEventStatus,faultRemediated}')) STORED,
    quarantine_finish_timestamp timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,quarantinefinishtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,quarantineFinishTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,quarantineFinishTimestamp}', 'null')))) STORED,
    drain_finish_timestamp      timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,drainfinishtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,drainFinishTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,drainFinishTimestamp}', 'null')))) STORED,
    last_remediation_timestamp  timestamptz GENERATED ALWAYS AS (nvsentinel_instant(coalesce(
        nullif(data #> '{healtheventstatus,lastremediationtimestamp}', 'null'),
        nullif(data #> '{healtheventstatus,lastRemediationTimestamp}', 'null'),
        nullif(data #> '{healthEventStatus,lastRemediationTimestamp}', 'null')))) STORED,
    CONSTRAINT health_events_pkey PRIMARY KEY (id),
    CONSTRAINT health_events_data_is_object CHECK (jsonb_typeof(data) = 'object')
);

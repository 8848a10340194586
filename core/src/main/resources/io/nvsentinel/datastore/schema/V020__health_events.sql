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
    node_name                   text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healthevent,nodeName}', 'null'),
        nullif(data #> '{healthevent,nodename}', 'null'),
        nullif(data -> 'nodeName', 'null')))) STORED,
    event_type                  text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healthevent,checkName}', 'null'),
        nullif(data #> '{healthevent,checkname}', 'null')))) STORED,
    severity                    text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healthevent,componentClass}', 'null'),
        nullif(data #> '{healthevent,componentclass}', 'null')))) STORED,
    recommended_action          text        GENERATED ALWAYS AS (nvsentinel_recommended_action(coalesce(
        nullif(data #> '{healthevent,recommendedAction}', 'null'),
        nullif(data #> '{healthevent,recommendedaction}', 'null')))) STORED,
    node_quarantined            text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healtheventstatus,nodequarantined}', 'null'),
        nullif(data #> '{healtheventstatus,nodeQuarantined}', 'null'),
        nullif(data #> '{healthEventStatus,nodeQuarantined}', 'null')))) STORED,
    user_pods_eviction_status   text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healtheventstatus,userpodsevictionstatus,status}', 'null'),
        nullif(data #> '{healtheventstatus,userpodsevictionstatus,Status}', 'null'),
        nullif(data #> '{healtheventstatus,userPodsEvictionStatus,status}', 'null'),
        nullif(data #> '{healthEventStatus,userPodsEvictionStatus,status}', 'null')))) STORED,
    user_pods_eviction_message  text        GENERATED ALWAYS AS (nvsentinel_text(coalesce(
        nullif(data #> '{healtheventstatus,userpodsevictionstatus,message}', 'null'),
        nullif(data #> '{healtheventstatus,userpodsevictionstatus,Message}', 'null'),
        nullif(data #> '{healtheventstatus,userPodsEvictionStatus,message}', 'null'),
        nullif(data #> '{healthEventStatus,userPodsEvictionStatus,message}', 'null')))) STORED,
    fault_remediated            boolean     GENERATED ALWAYS AS (coalesce(
        nvsentinel_boolean(data #> '{healtheventstatus,faultremediated}'),
        nvsentinel_boolean(data #> '{healtheventstatus,faultRemediated}'),
        nvsentinel_boolean(data #> '{healthEventStatus,faultRemediated}'))) STORED,
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

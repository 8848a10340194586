-- Purpose: health events. data is the document; every other column but id and the two stamps is derived from it by the
--          database, in each spelling in which such documents are found, so that no write can let them disagree.
-- Locks:   none; the table is new.
CREATE TABLE health_events (
    id                          uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at                  timestamptz NOT NULL DEFAULT now(),
    updated_at                  timestamptz NOT NULL DEFAULT now(),
    data                        jsonb       NOT NULL,
    node_name                   text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healthevent,nodeName}'),
        nvsentinel_text(data #> '{healthevent,nodename}'),
        nvsentinel_text(data -> 'nodeName'))) STORED,
    event_type                  text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healthevent,checkName}'),
        nvsentinel_text(data #> '{healthevent,checkname}'))) STORED,
    severity                    text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healthevent,componentClass}'),
        nvsentinel_text(data #> '{healthevent,componentclass}'))) STORED,
    recommended_action          text        GENERATED ALWAYS AS (nvsentinel_recommended_action(coalesce(
        data #> '{healthevent,recommendedAction}',
        data #> '{healthevent,recommendedaction}'))) STORED,
    node_quarantined            text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healtheventstatus,nodequarantined}'),
        nvsentinel_text(data #> '{healtheventstatus,nodeQuarantined}'),
        nvsentinel_text(data #> '{healthEventStatus,nodeQuarantined}'))) STORED,
    user_pods_eviction_status   text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healtheventstatus,userpodsevictionstatus,status}'),
        nvsentinel_text(data #> '{healtheventstatus,userpodsevictionstatus,Status}'),
        nvsentinel_text(data #> '{healtheventstatus,userPodsEvictionStatus,status}'),
        nvsentinel_text(data #> '{healthEventStatus,userPodsEvictionStatus,status}'))) STORED,
    user_pods_eviction_message  text        GENERATED ALWAYS AS (coalesce(
        nvsentinel_text(data #> '{healtheventstatus,userpodsevictionstatus,message}'),
        nvsentinel_text(data #> '{healtheventstatus,userpodsevictionstatus,Message}'),
        nvsentinel_text(data #> '{healtheventstatus,userPodsEvictionStatus,message}'),
        nvsentinel_text(data #> '{healthEventStatus,userPodsEvictionStatus,message}'))) STORED,
    fault_remediated            boolean     GENERATED ALWAYS AS (coalesce(
        nvsentinel_boolean(data #> '{healtheventstatus,faultremediated}'),
        nvsentinel_boolean(data #> '{healtheventstatus,faultRemediated}'),
        nvsentinel_boolean(data #> '{healthEventStatus,faultRemediated}'))) STORED,
    quarantine_finish_timestamp timestamptz GENERATED ALWAYS AS (coalesce(
        nvsentinel_instant(data #> '{healtheventstatus,quarantinefinishtimestamp}'),
        nvsentinel_instant(data #> '{healtheventstatus,quarantineFinishTimestamp}'),
        nvsentinel_instant(data #> '{healthEventStatus,quarantineFinishTimestamp}'))) STORED,
    drain_finish_timestamp      timestamptz GENERATED ALWAYS AS (coalesce(
        nvsentinel_instant(data #> '{healtheventstatus,drainfinishtimestamp}'),
        nvsentinel_instant(data #> '{healtheventstatus,drainFinishTimestamp}'),
        nvsentinel_instant(data #> '{healthEventStatus,drainFinishTimestamp}'))) STORED,
    last_remediation_timestamp  timestamptz GENERATED ALWAYS AS (coalesce(
        nvsentinel_instant(data #> '{healtheventstatus,lastremediationtimestamp}'),
        nvsentinel_instant(data #> '{healtheventstatus,lastRemediationTimestamp}'),
        nvsentinel_instant(data #> '{healthEventStatus,lastRemediationTimestamp}'))) STORED,
    CONSTRAINT health_events_pkey PRIMARY KEY (id),
    CONSTRAINT health_events_data_is_object CHECK (jsonb_typeof(data) = 'object')
);

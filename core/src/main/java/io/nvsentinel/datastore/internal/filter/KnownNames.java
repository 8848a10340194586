// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static io.nvsentinel.datastore.internal.filter.KnownName.camel;
import static io.nvsentinel.datastore.internal.filter.KnownName.lower;
import static io.nvsentinel.datastore.internal.filter.KnownName.name;

import io.nvsentinel.datastore.internal.filter.KnownName.Shape;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.Map;

/** The names that health events and maintenance events define, with every spelling found in stored documents. */
final class KnownNames {

    static final KnownName HEALTH_EVENT = KnownName.UNKNOWN.with(healthevent(), healtheventstatus());

    /** The names in a health event, and those in one of its entities. */
    static final KnownName HEALTH_EVENT_PARTS = KnownName.UNKNOWN.with(
            healthevent(),
            healtheventstatus(),
            camel("entityType").as(Shape.TEXT),
            camel("entityValue").as(Shape.TEXT));

    static final Map<String, FieldPath> HEALTH_EVENT_ALIASES = Map.ofEntries(
            Map.entry("nodename", FieldPath.parse("healthevent.nodeName")),
            Map.entry("node_name", FieldPath.parse("healthevent.nodeName")),
            Map.entry("event_type", FieldPath.parse("healthevent.checkName")),
            Map.entry("severity", FieldPath.parse("healthevent.componentClass")),
            Map.entry("recommended_action", FieldPath.parse("healthevent.recommendedAction")),
            Map.entry("node_quarantined", FieldPath.parse("healtheventstatus.nodequarantined")),
            Map.entry("user_pods_eviction_status", FieldPath.parse("healtheventstatus.userpodsevictionstatus.status")),
            Map.entry(
                    "user_pods_eviction_message", FieldPath.parse("healtheventstatus.userpodsevictionstatus.message")),
            Map.entry("fault_remediated", FieldPath.parse("healtheventstatus.faultremediated")),
            Map.entry("last_remediation_timestamp", FieldPath.parse("healtheventstatus.lastremediationtimestamp")),
            Map.entry("quarantine_finish_timestamp", FieldPath.parse("healtheventstatus.quarantinefinishtimestamp")),
            Map.entry("drain_finish_timestamp", FieldPath.parse("healtheventstatus.drainfinishtimestamp")));

    static final KnownName MAINTENANCE_EVENT = KnownName.UNKNOWN.with(
            name("eventId").text("event_id"),
            name("csp").text("csp"),
            name("clusterName").text("cluster_name"),
            name("resourceType").as(Shape.TEXT),
            name("resourceId").as(Shape.TEXT),
            name("maintenanceType").as(Shape.TEXT),
            name("status").text("status"),
            name("cspStatus").text("csp_status"),
            name("scheduledStartTime").as(Shape.TIME).instant("scheduled_start_time"),
            name("scheduledEndTime").as(Shape.TIME),
            name("actualStartTime").as(Shape.TIME),
            name("actualEndTime").as(Shape.TIME).instant("actual_end_time"),
            name("eventReceivedTimestamp").as(Shape.TIME).instant("event_received_timestamp"),
            name("lastUpdatedTimestamp").as(Shape.TIME).instant("last_updated_timestamp"),
            name("recommendedAction").as(Shape.TEXT),
            name("metadata"),
            name("nodeName").text("node_name"));

    static final Map<String, FieldPath> MAINTENANCE_EVENT_ALIASES = Map.ofEntries(
            Map.entry("event_id", FieldPath.of("eventId")),
            Map.entry("cluster_name", FieldPath.of("clusterName")),
            Map.entry("csp_status", FieldPath.of("cspStatus")),
            Map.entry("scheduled_start_time", FieldPath.of("scheduledStartTime")),
            Map.entry("actual_end_time", FieldPath.of("actualEndTime")),
            Map.entry("event_received_timestamp", FieldPath.of("eventReceivedTimestamp")),
            Map.entry("last_updated_timestamp", FieldPath.of("lastUpdatedTimestamp")),
            Map.entry("node_name", FieldPath.of("nodeName")));

    private KnownNames() {}

    private static KnownName healthevent() {
        return name("healthevent")
                .with(
                        camel("version"),
                        camel("agent").as(Shape.TEXT),
                        camel("componentClass").text("severity"),
                        camel("checkName").text("event_type"),
                        camel("isFatal").as(Shape.FALSE_IF_ABSENT),
                        camel("isHealthy").as(Shape.FALSE_IF_ABSENT),
                        camel("message").as(Shape.TEXT),
                        camel("recommendedAction").as(Shape.ACTION),
                        camel("errorCode").array(),
                        camel("entitiesImpacted")
                                .array()
                                .with(
                                        camel("entityType").as(Shape.TEXT),
                                        camel("entityValue").as(Shape.TEXT)),
                        camel("metadata"),
                        camel("generatedTimestamp").as(Shape.SECONDS_AND_NANOS),
                        camel("nodeName").text("node_name").orAt("nodeName"),
                        overrides("quarantineOverrides"),
                        overrides("drainOverrides"),
                        camel("processingStrategy").as(Shape.STRATEGY),
                        camel("id").as(Shape.TEXT),
                        camel("customRecommendedAction").as(Shape.TEXT));
    }

    private static KnownName overrides(String name) {
        return camel(name)
                .with(camel("force").as(Shape.FALSE_IF_ABSENT), camel("skip").as(Shape.FALSE_IF_ABSENT));
    }

    private static KnownName healtheventstatus() {
        return lower("healthEventStatus")
                .with(
                        lower("nodeQuarantined").text("node_quarantined"),
                        time("quarantineFinishTimestamp", "quarantine_finish_timestamp"),
                        lower("userPodsEvictionStatus")
                                .with(
                                        name("status", "Status", "status").text("user_pods_eviction_status"),
                                        name("message", "Message", "message").text("user_pods_eviction_message"),
                                        name("metadata")),
                        time("drainFinishTimestamp", "drain_finish_timestamp"),
                        lower("faultRemediated").as(Shape.WRAPPED),
                        time("lastRemediationTimestamp", "last_remediation_timestamp"),
                        lower("spanIds"),
                        lower("faultQuarantineRecovery").as(Shape.TEXT));
    }

    private static KnownName time(String camel, String column) {
        return lower(camel).as(Shape.SECONDS_AND_NANOS).instant(column);
    }
}

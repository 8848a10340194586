// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A maintenance event: what a cloud provider announced or does to a resource of a cluster.
 *
 * <p>Written with camel-case keys, named as the components: times as RFC 3339 text in UTC to the nanosecond, left out
 * when null; {@code metadata} and {@code nodeName} left out when empty; the others always.
 *
 * @param eventId the cloud provider's id of the event; the key of the record
 * @param csp the cloud provider
 * @param clusterName the cluster concerned
 * @param resourceType what kind of resource it concerns, for instance {@code EC2}
 * @param resourceId the cloud provider's id of the resource
 * @param maintenanceType whether it was announced
 * @param status the platform's status of the event
 * @param cspStatus the cloud provider's status of the event
 * @param scheduledStartTime when it is to begin, or null
 * @param scheduledEndTime when it is to end, or null
 * @param actualStartTime when it began, or null
 * @param actualEndTime when it ended, or null
 * @param eventReceivedTimestamp when the platform learnt of it, or null
 * @param lastUpdatedTimestamp when the platform last changed it, or null
 * @param recommendedAction what should be done, for instance {@code RESTART_VM}
 * @param metadata anything else
 * @param nodeName the node concerned; empty when unknown
 * @param extra members this type does not know; written back as they are
 */
public record MaintenanceEvent(
        String eventId,
        Csp csp,
        String clusterName,
        String resourceType,
        String resourceId,
        MaintenanceType maintenanceType,
        InternalStatus status,
        ProviderStatus cspStatus,
        @Nullable Instant scheduledStartTime,
        @Nullable Instant scheduledEndTime,
        @Nullable Instant actualStartTime,
        @Nullable Instant actualEndTime,
        @Nullable Instant eventReceivedTimestamp,
        @Nullable Instant lastUpdatedTimestamp,
        String recommendedAction,
        Map<String, String> metadata,
        String nodeName,
        Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of(
            "eventId",
            "csp",
            "clusterName",
            "resourceType",
            "resourceId",
            "maintenanceType",
            "status",
            "cspStatus",
            "scheduledStartTime",
            "scheduledEndTime",
            "actualStartTime",
            "actualEndTime",
            "eventReceivedTimestamp",
            "lastUpdatedTimestamp",
            "recommendedAction",
            "metadata",
            "nodeName");

    /**
     * Checks and copies the components.
     *
     * @param eventId the cloud provider's id of the event; the key of the record
     * @param csp the cloud provider
     * @param clusterName the cluster concerned
     * @param resourceType what kind of resource it concerns, for instance {@code EC2}
     * @param resourceId the cloud provider's id of the resource
     * @param maintenanceType whether it was announced
     * @param status the platform's status of the event
     * @param cspStatus the cloud provider's status of the event
     * @param scheduledStartTime when it is to begin, or null
     * @param scheduledEndTime when it is to end, or null
     * @param actualStartTime when it began, or null
     * @param actualEndTime when it ended, or null
     * @param eventReceivedTimestamp when the platform learnt of it, or null
     * @param lastUpdatedTimestamp when the platform last changed it, or null
     * @param recommendedAction what should be done, for instance {@code RESTART_VM}
     * @param metadata anything else
     * @param nodeName the node concerned; empty when unknown
     * @param extra members this type does not know; written back as they are
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public MaintenanceEvent {
        Objects.requireNonNull(eventId, "eventId");
        Objects.requireNonNull(csp, "csp");
        Objects.requireNonNull(clusterName, "clusterName");
        Objects.requireNonNull(resourceType, "resourceType");
        Objects.requireNonNull(resourceId, "resourceId");
        Objects.requireNonNull(maintenanceType, "maintenanceType");
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(cspStatus, "cspStatus");
        Objects.requireNonNull(recommendedAction, "recommendedAction");
        metadata = FieldNames.textMap(metadata, "metadata");
        Objects.requireNonNull(nodeName, "nodeName");
        extra = NAMES.extra(extra);
    }

    /**
     * Reads a maintenance event from a tree in any accepted shape.
     *
     * @param tree the tree, for instance from {@link JsonCodec#readTree}
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidDocumentException when a member has a wrong type or range
     */
    public static MaintenanceEvent fromTree(Map<String, @Nullable Object> tree) {
        return read(tree, Place.DOCUMENT);
    }

    /**
     * A codec for documents of this type; the stored format depends on no mapper.
     *
     * @param json the JSON codec to read and write trees with
     * @return the codec
     */
    public static DocumentCodec<MaintenanceEvent> codec(JsonCodec json) {
        return DocumentCodec.ofTree(json, MaintenanceEvent::toTree, MaintenanceEvent::fromTree);
    }

    private static MaintenanceEvent read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        Builder event = new Builder();
        event.eventId = fields.text("eventId");
        event.csp = fields.open("csp", Csp::new);
        event.clusterName = fields.text("clusterName");
        event.resourceType = fields.text("resourceType");
        event.resourceId = fields.text("resourceId");
        event.maintenanceType = fields.open("maintenanceType", MaintenanceType::new);
        event.status = fields.open("status", InternalStatus::new);
        event.cspStatus = fields.open("cspStatus", ProviderStatus::new);
        event.scheduledStartTime = fields.time("scheduledStartTime");
        event.scheduledEndTime = fields.time("scheduledEndTime");
        event.actualStartTime = fields.time("actualStartTime");
        event.actualEndTime = fields.time("actualEndTime");
        event.eventReceivedTimestamp = fields.time("eventReceivedTimestamp");
        event.lastUpdatedTimestamp = fields.time("lastUpdatedTimestamp");
        event.recommendedAction = fields.text("recommendedAction");
        event.metadata = fields.textMap("metadata");
        event.nodeName = fields.text("nodeName");
        event.extra = fields.extra();
        return event.build();
    }

    /**
     * This value in the one stored shape.
     *
     * @return a new tree
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when a time or number is out of the range that can be stored
     */
    public Map<String, @Nullable Object> toTree() {
        return new FieldWriter()
                .always("eventId", eventId)
                .always("csp", csp.value())
                .always("clusterName", clusterName)
                .always("resourceType", resourceType)
                .always("resourceId", resourceId)
                .always("maintenanceType", maintenanceType.value())
                .always("status", status.value())
                .always("cspStatus", cspStatus.value())
                .time("scheduledStartTime", scheduledStartTime)
                .time("scheduledEndTime", scheduledEndTime)
                .time("actualStartTime", actualStartTime)
                .time("actualEndTime", actualEndTime)
                .time("eventReceivedTimestamp", eventReceivedTimestamp)
                .time("lastUpdatedTimestamp", lastUpdatedTimestamp)
                .always("recommendedAction", recommendedAction)
                .map("metadata", metadata)
                .text("nodeName", nodeName)
                .with(extra);
    }

    /**
     * A builder with every component unset.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A builder that starts with the components of this value.
     *
     * @return a new builder
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.eventId = eventId;
        builder.csp = csp;
        builder.clusterName = clusterName;
        builder.resourceType = resourceType;
        builder.resourceId = resourceId;
        builder.maintenanceType = maintenanceType;
        builder.status = status;
        builder.cspStatus = cspStatus;
        builder.scheduledStartTime = scheduledStartTime;
        builder.scheduledEndTime = scheduledEndTime;
        builder.actualStartTime = actualStartTime;
        builder.actualEndTime = actualEndTime;
        builder.eventReceivedTimestamp = eventReceivedTimestamp;
        builder.lastUpdatedTimestamp = lastUpdatedTimestamp;
        builder.recommendedAction = recommendedAction;
        builder.metadata = metadata;
        builder.nodeName = nodeName;
        builder.extra = extra;
        return builder;
    }

    /** Builds one value. Not safe for concurrent use. */
    public static final class Builder {

        private String eventId = "";
        private Csp csp = Csp.UNSET;
        private String clusterName = "";
        private String resourceType = "";
        private String resourceId = "";
        private MaintenanceType maintenanceType = MaintenanceType.UNSET;
        private InternalStatus status = InternalStatus.UNSET;
        private ProviderStatus cspStatus = ProviderStatus.UNSET;
        private @Nullable Instant scheduledStartTime;
        private @Nullable Instant scheduledEndTime;
        private @Nullable Instant actualStartTime;
        private @Nullable Instant actualEndTime;
        private @Nullable Instant eventReceivedTimestamp;
        private @Nullable Instant lastUpdatedTimestamp;
        private String recommendedAction = "";
        private Map<String, String> metadata = Map.of();
        private String nodeName = "";
        private Map<String, @Nullable Object> extra = Map.of();

        private Builder() {}

        /**
         * Sets eventId.
         *
         * @param eventId the cloud provider's id of the event; the key of the record
         * @return this builder
         */
        public Builder eventId(String eventId) {
            this.eventId = eventId;
            return this;
        }

        /**
         * Sets csp.
         *
         * @param csp the cloud provider
         * @return this builder
         */
        public Builder csp(Csp csp) {
            this.csp = csp;
            return this;
        }

        /**
         * Sets clusterName.
         *
         * @param clusterName the cluster concerned
         * @return this builder
         */
        public Builder clusterName(String clusterName) {
            this.clusterName = clusterName;
            return this;
        }

        /**
         * Sets resourceType.
         *
         * @param resourceType what kind of resource it concerns, for instance {@code EC2}
         * @return this builder
         */
        public Builder resourceType(String resourceType) {
            this.resourceType = resourceType;
            return this;
        }

        /**
         * Sets resourceId.
         *
         * @param resourceId the cloud provider's id of the resource
         * @return this builder
         */
        public Builder resourceId(String resourceId) {
            this.resourceId = resourceId;
            return this;
        }

        /**
         * Sets maintenanceType.
         *
         * @param maintenanceType whether it was announced
         * @return this builder
         */
        public Builder maintenanceType(MaintenanceType maintenanceType) {
            this.maintenanceType = maintenanceType;
            return this;
        }

        /**
         * Sets status.
         *
         * @param status the platform's status of the event
         * @return this builder
         */
        public Builder status(InternalStatus status) {
            this.status = status;
            return this;
        }

        /**
         * Sets cspStatus.
         *
         * @param cspStatus the cloud provider's status of the event
         * @return this builder
         */
        public Builder cspStatus(ProviderStatus cspStatus) {
            this.cspStatus = cspStatus;
            return this;
        }

        /**
         * Sets scheduledStartTime.
         *
         * @param scheduledStartTime when it is to begin, or null
         * @return this builder
         */
        public Builder scheduledStartTime(@Nullable Instant scheduledStartTime) {
            this.scheduledStartTime = scheduledStartTime;
            return this;
        }

        /**
         * Sets scheduledEndTime.
         *
         * @param scheduledEndTime when it is to end, or null
         * @return this builder
         */
        public Builder scheduledEndTime(@Nullable Instant scheduledEndTime) {
            this.scheduledEndTime = scheduledEndTime;
            return this;
        }

        /**
         * Sets actualStartTime.
         *
         * @param actualStartTime when it began, or null
         * @return this builder
         */
        public Builder actualStartTime(@Nullable Instant actualStartTime) {
            this.actualStartTime = actualStartTime;
            return this;
        }

        /**
         * Sets actualEndTime.
         *
         * @param actualEndTime when it ended, or null
         * @return this builder
         */
        public Builder actualEndTime(@Nullable Instant actualEndTime) {
            this.actualEndTime = actualEndTime;
            return this;
        }

        /**
         * Sets eventReceivedTimestamp.
         *
         * @param eventReceivedTimestamp when the platform learnt of it, or null
         * @return this builder
         */
        public Builder eventReceivedTimestamp(@Nullable Instant eventReceivedTimestamp) {
            this.eventReceivedTimestamp = eventReceivedTimestamp;
            return this;
        }

        /**
         * Sets lastUpdatedTimestamp.
         *
         * @param lastUpdatedTimestamp when the platform last changed it, or null
         * @return this builder
         */
        public Builder lastUpdatedTimestamp(@Nullable Instant lastUpdatedTimestamp) {
            this.lastUpdatedTimestamp = lastUpdatedTimestamp;
            return this;
        }

        /**
         * Sets recommendedAction.
         *
         * @param recommendedAction what should be done, for instance {@code RESTART_VM}
         * @return this builder
         */
        public Builder recommendedAction(String recommendedAction) {
            this.recommendedAction = recommendedAction;
            return this;
        }

        /**
         * Sets metadata.
         *
         * @param metadata anything else
         * @return this builder
         */
        public Builder metadata(Map<String, String> metadata) {
            this.metadata = metadata;
            return this;
        }

        /**
         * Sets nodeName.
         *
         * @param nodeName the node concerned; empty when unknown
         * @return this builder
         */
        public Builder nodeName(String nodeName) {
            this.nodeName = nodeName;
            return this;
        }

        /**
         * Sets extra.
         *
         * @param extra members this type does not know; written back as they are
         * @return this builder
         */
        public Builder extra(Map<String, @Nullable Object> extra) {
            this.extra = extra;
            return this;
        }

        /**
         * Builds the value.
         *
         * @return the value
         * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
         */
        public MaintenanceEvent build() {
            return new MaintenanceEvent(
                    eventId,
                    csp,
                    clusterName,
                    resourceType,
                    resourceId,
                    maintenanceType,
                    status,
                    cspStatus,
                    scheduledStartTime,
                    scheduledEndTime,
                    actualStartTime,
                    actualEndTime,
                    eventReceivedTimestamp,
                    lastUpdatedTimestamp,
                    recommendedAction,
                    metadata,
                    nodeName,
                    extra);
        }
    }
}

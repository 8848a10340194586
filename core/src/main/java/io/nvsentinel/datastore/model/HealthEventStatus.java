// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the platform has done about a health event.
 *
 * <p>Written with lower-case keys ({@code nodequarantined}, {@code userpodsevictionstatus} …): {@code nodequarantined}
 * and {@code faultremediated} always, as null when unset; {@code userpodsevictionstatus} always; the others only when
 * set. {@code faultremediated} is {@code {"value": boolean}}; times are {@code {"seconds","nanos"}}, nanos only when
 * not 0. {@code faultremediated} is also read from a bare boolean, and {@code {}} as false, which is how protobuf
 * writes it.
 *
 * @param nodeQuarantined whether the node is in quarantine; {@link Status#UNSET} if there is no decision
 * @param quarantineFinishTimestamp when quarantine was decided, or null
 * @param userPodsEvictionStatus the status of the eviction of the users' pods
 * @param drainFinishTimestamp when draining ended, or null
 * @param faultRemediated whether the fault was remediated, or null if there was no attempt
 * @param lastRemediationTimestamp when remediation was last tried, or null
 * @param spanIds the tracing span of each service that handled the event, by service name
 * @param faultQuarantineRecovery {@code completed} once a recovered quarantine was dealt with; empty otherwise
 * @param extra members this type does not know; written back as they are
 */
public record HealthEventStatus(
        Status nodeQuarantined,
        @Nullable Instant quarantineFinishTimestamp,
        OperationStatus userPodsEvictionStatus,
        @Nullable Instant drainFinishTimestamp,
        @Nullable Boolean faultRemediated,
        @Nullable Instant lastRemediationTimestamp,
        Map<String, String> spanIds,
        String faultQuarantineRecovery,
        Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of(
            "nodequarantined",
            "quarantinefinishtimestamp",
            "userpodsevictionstatus",
            "drainfinishtimestamp",
            "faultremediated",
            "lastremediationtimestamp",
            "spanids",
            "faultquarantinerecovery");

    /**
     * Checks and copies the components.
     *
     * @param nodeQuarantined whether the node is in quarantine; {@link Status#UNSET} if there is no decision
     * @param quarantineFinishTimestamp when quarantine was decided, or null
     * @param userPodsEvictionStatus the status of the eviction of the users' pods
     * @param drainFinishTimestamp when draining ended, or null
     * @param faultRemediated whether the fault was remediated, or null if there was no attempt
     * @param lastRemediationTimestamp when remediation was last tried, or null
     * @param spanIds the tracing span of each service that handled the event, by service name
     * @param faultQuarantineRecovery {@code completed} once a recovered quarantine was dealt with; empty otherwise
     * @param extra members this type does not know; written back as they are
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public HealthEventStatus {
        Objects.requireNonNull(nodeQuarantined, "nodeQuarantined");
        Objects.requireNonNull(userPodsEvictionStatus, "userPodsEvictionStatus");
        spanIds = FieldNames.textMap(spanIds, "spanIds");
        Objects.requireNonNull(faultQuarantineRecovery, "faultQuarantineRecovery");
        extra = NAMES.extra(extra);
    }

    /**
     * Reads a status from a tree in any accepted shape.
     *
     * @param tree the tree, for instance from {@link JsonCodec#readTree}
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidDocumentException when a member has a wrong type or range
     */
    public static HealthEventStatus fromTree(Map<String, @Nullable Object> tree) {
        return read(tree, Place.DOCUMENT);
    }

    /**
     * A codec for documents of this type; the stored format depends on no mapper.
     *
     * @param json the JSON codec to read and write trees with
     * @return the codec
     */
    public static DocumentCodec<HealthEventStatus> codec(JsonCodec json) {
        return DocumentCodec.ofTree(json, HealthEventStatus::toTree, HealthEventStatus::fromTree);
    }

    static HealthEventStatus read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        Builder status = new Builder();
        status.nodeQuarantined = fields.open("nodequarantined", Status::new);
        status.quarantineFinishTimestamp = fields.time("quarantinefinishtimestamp");
        OperationStatus eviction = fields.object("userpodsevictionstatus", OperationStatus::read);
        status.userPodsEvictionStatus = eviction == null ? OperationStatus.UNSET : eviction;
        status.drainFinishTimestamp = fields.time("drainfinishtimestamp");
        status.faultRemediated = fields.wrappedFlag("faultremediated");
        status.lastRemediationTimestamp = fields.time("lastremediationtimestamp");
        status.spanIds = fields.textMap("spanids");
        status.faultQuarantineRecovery = fields.text("faultquarantinerecovery");
        status.extra = fields.extra();
        return status.build();
    }

    /**
     * This value in the one stored shape.
     *
     * @return a new tree
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when a time or number is out of the range that can be stored
     */
    public Map<String, @Nullable Object> toTree() {
        return new FieldWriter()
                .always("nodequarantined", nodeQuarantined.value().isEmpty() ? null : nodeQuarantined.value())
                .parts("quarantinefinishtimestamp", quarantineFinishTimestamp)
                .always("userpodsevictionstatus", userPodsEvictionStatus.toTree())
                .parts("drainfinishtimestamp", drainFinishTimestamp)
                .always("faultremediated", faultRemediated == null ? null : Map.of("value", faultRemediated))
                .parts("lastremediationtimestamp", lastRemediationTimestamp)
                .map("spanids", spanIds)
                .text("faultquarantinerecovery", faultQuarantineRecovery)
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
        builder.nodeQuarantined = nodeQuarantined;
        builder.quarantineFinishTimestamp = quarantineFinishTimestamp;
        builder.userPodsEvictionStatus = userPodsEvictionStatus;
        builder.drainFinishTimestamp = drainFinishTimestamp;
        builder.faultRemediated = faultRemediated;
        builder.lastRemediationTimestamp = lastRemediationTimestamp;
        builder.spanIds = spanIds;
        builder.faultQuarantineRecovery = faultQuarantineRecovery;
        builder.extra = extra;
        return builder;
    }

    /** Builds one value. Not safe for concurrent use. */
    public static final class Builder {

        private Status nodeQuarantined = Status.UNSET;
        private @Nullable Instant quarantineFinishTimestamp;
        private OperationStatus userPodsEvictionStatus = OperationStatus.UNSET;
        private @Nullable Instant drainFinishTimestamp;
        private @Nullable Boolean faultRemediated;
        private @Nullable Instant lastRemediationTimestamp;
        private Map<String, String> spanIds = Map.of();
        private String faultQuarantineRecovery = "";
        private Map<String, @Nullable Object> extra = Map.of();

        private Builder() {}

        /**
         * Sets nodeQuarantined.
         *
         * @param nodeQuarantined whether the node is in quarantine; {@link Status#UNSET} if there is no decision
         * @return this builder
         */
        public Builder nodeQuarantined(Status nodeQuarantined) {
            this.nodeQuarantined = nodeQuarantined;
            return this;
        }

        /**
         * Sets quarantineFinishTimestamp.
         *
         * @param quarantineFinishTimestamp when quarantine was decided, or null
         * @return this builder
         */
        public Builder quarantineFinishTimestamp(@Nullable Instant quarantineFinishTimestamp) {
            this.quarantineFinishTimestamp = quarantineFinishTimestamp;
            return this;
        }

        /**
         * Sets userPodsEvictionStatus.
         *
         * @param userPodsEvictionStatus the status of the eviction of the users' pods
         * @return this builder
         */
        public Builder userPodsEvictionStatus(OperationStatus userPodsEvictionStatus) {
            this.userPodsEvictionStatus = userPodsEvictionStatus;
            return this;
        }

        /**
         * Sets drainFinishTimestamp.
         *
         * @param drainFinishTimestamp when draining ended, or null
         * @return this builder
         */
        public Builder drainFinishTimestamp(@Nullable Instant drainFinishTimestamp) {
            this.drainFinishTimestamp = drainFinishTimestamp;
            return this;
        }

        /**
         * Sets faultRemediated.
         *
         * @param faultRemediated whether the fault was remediated, or null if there was no attempt
         * @return this builder
         */
        public Builder faultRemediated(@Nullable Boolean faultRemediated) {
            this.faultRemediated = faultRemediated;
            return this;
        }

        /**
         * Sets lastRemediationTimestamp.
         *
         * @param lastRemediationTimestamp when remediation was last tried, or null
         * @return this builder
         */
        public Builder lastRemediationTimestamp(@Nullable Instant lastRemediationTimestamp) {
            this.lastRemediationTimestamp = lastRemediationTimestamp;
            return this;
        }

        /**
         * Sets spanIds.
         *
         * @param spanIds the tracing span of each service that handled the event, by service name
         * @return this builder
         */
        public Builder spanIds(Map<String, String> spanIds) {
            this.spanIds = spanIds;
            return this;
        }

        /**
         * Sets faultQuarantineRecovery.
         *
         * @param faultQuarantineRecovery {@code completed} once a recovered quarantine was dealt with; empty otherwise
         * @return this builder
         */
        public Builder faultQuarantineRecovery(String faultQuarantineRecovery) {
            this.faultQuarantineRecovery = faultQuarantineRecovery;
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
        public HealthEventStatus build() {
            return new HealthEventStatus(
                    nodeQuarantined,
                    quarantineFinishTimestamp,
                    userPodsEvictionStatus,
                    drainFinishTimestamp,
                    faultRemediated,
                    lastRemediationTimestamp,
                    spanIds,
                    faultQuarantineRecovery,
                    extra);
        }
    }
}

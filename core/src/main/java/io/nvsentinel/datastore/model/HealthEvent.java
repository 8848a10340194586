// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A health event: what a monitor found on a node. This is the message that producers publish; what is stored is a
 * {@link HealthEventDocument}, which holds it as {@code healthevent}.
 *
 * <p>Written with camel-case keys, named as the components; a member with its zero value (empty text, list or map,
 * false, enum number 0, null) is left out. {@code generatedTimestamp} is {@code {"seconds","nanos"}}, nanos only when
 * not 0; the enums are numbers.
 *
 * @param version the version of the message's format, from 0 to 4294967295
 * @param agent the component that found it, for instance {@code gpu-health-monitor}
 * @param componentClass what kind of part it concerns, for instance {@code GPU}
 * @param checkName which check found it, for instance {@code GpuXidError}
 * @param isFatal whether the fault is fatal for the component
 * @param isHealthy whether the part is well: such an event ends earlier ones
 * @param message what a person may want to know
 * @param recommendedAction what should be done
 * @param errorCode codes of the errors, for instance XIDs
 * @param entitiesImpacted the parts concerned
 * @param metadata anything else; {@code idempotencyKey} is reserved
 * @param generatedTimestamp when it was found, to the nanosecond, or null
 * @param nodeName the node it was found on
 * @param quarantineOverrides changes to the node's quarantine, or null for none
 * @param drainOverrides changes to the node's draining, or null for none
 * @param processingStrategy what the platform does with it
 * @param id the producer's own id; not the id of the stored record
 * @param customRecommendedAction what should be done when the recommended action is {@code CUSTOM}
 * @param extra members this type does not know; written back as they are
 */
public record HealthEvent(
        long version,
        String agent,
        String componentClass,
        String checkName,
        boolean isFatal,
        boolean isHealthy,
        String message,
        RecommendedAction recommendedAction,
        List<String> errorCode,
        List<Entity> entitiesImpacted,
        Map<String, String> metadata,
        @Nullable Instant generatedTimestamp,
        String nodeName,
        @Nullable BehaviourOverrides quarantineOverrides,
        @Nullable BehaviourOverrides drainOverrides,
        ProcessingStrategy processingStrategy,
        String id,
        String customRecommendedAction,
        Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of(
            "version",
            "agent",
            "componentClass",
            "checkName",
            "isFatal",
            "isHealthy",
            "message",
            "recommendedAction",
            "errorCode",
            "entitiesImpacted",
            "metadata",
            "generatedTimestamp",
            "nodeName",
            "quarantineOverrides",
            "drainOverrides",
            "processingStrategy",
            "id",
            "customRecommendedAction");

    private static final long MAX_VERSION = 0xFFFF_FFFFL;

    /**
     * Checks and copies the components.
     *
     * @param version the version of the message's format, from 0 to 4294967295
     * @param agent the component that found it, for instance {@code gpu-health-monitor}
     * @param componentClass what kind of part it concerns, for instance {@code GPU}
     * @param checkName which check found it, for instance {@code GpuXidError}
     * @param isFatal whether the fault is fatal for the component
     * @param isHealthy whether the part is well: such an event ends earlier ones
     * @param message what a person may want to know
     * @param recommendedAction what should be done
     * @param errorCode codes of the errors, for instance XIDs
     * @param entitiesImpacted the parts concerned
     * @param metadata anything else; {@code idempotencyKey} is reserved
     * @param generatedTimestamp when it was found, to the nanosecond, or null
     * @param nodeName the node it was found on
     * @param quarantineOverrides changes to the node's quarantine, or null for none
     * @param drainOverrides changes to the node's draining, or null for none
     * @param processingStrategy what the platform does with it
     * @param id the producer's own id; not the id of the stored record
     * @param customRecommendedAction what should be done when the recommended action is {@code CUSTOM}
     * @param extra members this type does not know; written back as they are
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public HealthEvent {
        Objects.requireNonNull(agent, "agent");
        Objects.requireNonNull(componentClass, "componentClass");
        Objects.requireNonNull(checkName, "checkName");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(recommendedAction, "recommendedAction");
        errorCode = List.copyOf(errorCode);
        entitiesImpacted = List.copyOf(entitiesImpacted);
        metadata = FieldNames.textMap(metadata, "metadata");
        Objects.requireNonNull(nodeName, "nodeName");
        Objects.requireNonNull(processingStrategy, "processingStrategy");
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(customRecommendedAction, "customRecommendedAction");
        extra = NAMES.extra(extra);
    }

    /**
     * Reads a health event from a tree in any accepted shape.
     *
     * @param tree the tree, for instance from {@link JsonCodec#readTree}
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidDocumentException when a member has a wrong type or range
     */
    public static HealthEvent fromTree(Map<String, @Nullable Object> tree) {
        return read(tree, Place.DOCUMENT);
    }

    /**
     * A codec for documents of this type; the stored format depends on no mapper.
     *
     * @param json the JSON codec to read and write trees with
     * @return the codec
     */
    public static DocumentCodec<HealthEvent> codec(JsonCodec json) {
        return DocumentCodec.ofTree(json, HealthEvent::toTree, HealthEvent::fromTree);
    }

    static HealthEvent read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        Builder event = new Builder();
        event.version = fields.integer("version", 0, MAX_VERSION);
        event.agent = fields.text("agent");
        event.componentClass = fields.text("componentClass");
        event.checkName = fields.text("checkName");
        event.isFatal = fields.flag("isFatal");
        event.isHealthy = fields.flag("isHealthy");
        event.message = fields.text("message");
        event.recommendedAction = RecommendedAction.read(fields, "recommendedAction");
        event.errorCode = fields.texts("errorCode");
        event.entitiesImpacted = fields.objects("entitiesImpacted", Entity::read);
        event.metadata = fields.textMap("metadata");
        event.generatedTimestamp = fields.time("generatedTimestamp");
        event.nodeName = fields.text("nodeName");
        event.quarantineOverrides = fields.object("quarantineOverrides", BehaviourOverrides::read);
        event.drainOverrides = fields.object("drainOverrides", BehaviourOverrides::read);
        event.processingStrategy = ProcessingStrategy.read(fields, "processingStrategy");
        event.id = fields.text("id");
        event.customRecommendedAction = fields.text("customRecommendedAction");
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
        if (version < 0 || version > MAX_VERSION) {
            throw new InvalidRequestException("version: must be from 0 to " + MAX_VERSION);
        }
        return new FieldWriter()
                .number("version", version)
                .text("agent", agent)
                .text("componentClass", componentClass)
                .text("checkName", checkName)
                .flag("isFatal", isFatal)
                .flag("isHealthy", isHealthy)
                .text("message", message)
                .number("recommendedAction", recommendedAction.number())
                .texts("errorCode", errorCode)
                .objects("entitiesImpacted", entitiesImpacted, Entity::toTree)
                .map("metadata", metadata)
                .parts("generatedTimestamp", generatedTimestamp)
                .text("nodeName", nodeName)
                .object("quarantineOverrides", quarantineOverrides, BehaviourOverrides::toTree)
                .object("drainOverrides", drainOverrides, BehaviourOverrides::toTree)
                .number("processingStrategy", processingStrategy.number())
                .text("id", id)
                .text("customRecommendedAction", customRecommendedAction)
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
        builder.version = version;
        builder.agent = agent;
        builder.componentClass = componentClass;
        builder.checkName = checkName;
        builder.isFatal = isFatal;
        builder.isHealthy = isHealthy;
        builder.message = message;
        builder.recommendedAction = recommendedAction;
        builder.errorCode = errorCode;
        builder.entitiesImpacted = entitiesImpacted;
        builder.metadata = metadata;
        builder.generatedTimestamp = generatedTimestamp;
        builder.nodeName = nodeName;
        builder.quarantineOverrides = quarantineOverrides;
        builder.drainOverrides = drainOverrides;
        builder.processingStrategy = processingStrategy;
        builder.id = id;
        builder.customRecommendedAction = customRecommendedAction;
        builder.extra = extra;
        return builder;
    }

    /** Builds one value. Not safe for concurrent use. */
    public static final class Builder {

        private long version;
        private String agent = "";
        private String componentClass = "";
        private String checkName = "";
        private boolean isFatal;
        private boolean isHealthy;
        private String message = "";
        private RecommendedAction recommendedAction = RecommendedAction.NONE;
        private List<String> errorCode = List.of();
        private List<Entity> entitiesImpacted = List.of();
        private Map<String, String> metadata = Map.of();
        private @Nullable Instant generatedTimestamp;
        private String nodeName = "";
        private @Nullable BehaviourOverrides quarantineOverrides;
        private @Nullable BehaviourOverrides drainOverrides;
        private ProcessingStrategy processingStrategy = ProcessingStrategy.UNSPECIFIED;
        private String id = "";
        private String customRecommendedAction = "";
        private Map<String, @Nullable Object> extra = Map.of();

        private Builder() {}

        /**
         * Sets version.
         *
         * @param version the version of the message's format, from 0 to 4294967295
         * @return this builder
         */
        public Builder version(long version) {
            this.version = version;
            return this;
        }

        /**
         * Sets agent.
         *
         * @param agent the component that found it, for instance {@code gpu-health-monitor}
         * @return this builder
         */
        public Builder agent(String agent) {
            this.agent = agent;
            return this;
        }

        /**
         * Sets componentClass.
         *
         * @param componentClass what kind of part it concerns, for instance {@code GPU}
         * @return this builder
         */
        public Builder componentClass(String componentClass) {
            this.componentClass = componentClass;
            return this;
        }

        /**
         * Sets checkName.
         *
         * @param checkName which check found it, for instance {@code GpuXidError}
         * @return this builder
         */
        public Builder checkName(String checkName) {
            this.checkName = checkName;
            return this;
        }

        /**
         * Sets isFatal.
         *
         * @param isFatal whether the fault is fatal for the component
         * @return this builder
         */
        public Builder isFatal(boolean isFatal) {
            this.isFatal = isFatal;
            return this;
        }

        /**
         * Sets isHealthy.
         *
         * @param isHealthy whether the part is well: such an event ends earlier ones
         * @return this builder
         */
        public Builder isHealthy(boolean isHealthy) {
            this.isHealthy = isHealthy;
            return this;
        }

        /**
         * Sets message.
         *
         * @param message what a person may want to know
         * @return this builder
         */
        public Builder message(String message) {
            this.message = message;
            return this;
        }

        /**
         * Sets recommendedAction.
         *
         * @param recommendedAction what should be done
         * @return this builder
         */
        public Builder recommendedAction(RecommendedAction recommendedAction) {
            this.recommendedAction = recommendedAction;
            return this;
        }

        /**
         * Sets errorCode.
         *
         * @param errorCode codes of the errors, for instance XIDs
         * @return this builder
         */
        public Builder errorCode(List<String> errorCode) {
            this.errorCode = errorCode;
            return this;
        }

        /**
         * Sets entitiesImpacted.
         *
         * @param entitiesImpacted the parts concerned
         * @return this builder
         */
        public Builder entitiesImpacted(List<Entity> entitiesImpacted) {
            this.entitiesImpacted = entitiesImpacted;
            return this;
        }

        /**
         * Sets metadata.
         *
         * @param metadata anything else; {@code idempotencyKey} is reserved
         * @return this builder
         */
        public Builder metadata(Map<String, String> metadata) {
            this.metadata = metadata;
            return this;
        }

        /**
         * Sets generatedTimestamp.
         *
         * @param generatedTimestamp when it was found, to the nanosecond, or null
         * @return this builder
         */
        public Builder generatedTimestamp(@Nullable Instant generatedTimestamp) {
            this.generatedTimestamp = generatedTimestamp;
            return this;
        }

        /**
         * Sets nodeName.
         *
         * @param nodeName the node it was found on
         * @return this builder
         */
        public Builder nodeName(String nodeName) {
            this.nodeName = nodeName;
            return this;
        }

        /**
         * Sets quarantineOverrides.
         *
         * @param quarantineOverrides changes to the node's quarantine, or null for none
         * @return this builder
         */
        public Builder quarantineOverrides(@Nullable BehaviourOverrides quarantineOverrides) {
            this.quarantineOverrides = quarantineOverrides;
            return this;
        }

        /**
         * Sets drainOverrides.
         *
         * @param drainOverrides changes to the node's draining, or null for none
         * @return this builder
         */
        public Builder drainOverrides(@Nullable BehaviourOverrides drainOverrides) {
            this.drainOverrides = drainOverrides;
            return this;
        }

        /**
         * Sets processingStrategy.
         *
         * @param processingStrategy what the platform does with it
         * @return this builder
         */
        public Builder processingStrategy(ProcessingStrategy processingStrategy) {
            this.processingStrategy = processingStrategy;
            return this;
        }

        /**
         * Sets id.
         *
         * @param id the producer's own id; not the id of the stored record
         * @return this builder
         */
        public Builder id(String id) {
            this.id = id;
            return this;
        }

        /**
         * Sets customRecommendedAction.
         *
         * @param customRecommendedAction what should be done when the recommended action is {@code CUSTOM}
         * @return this builder
         */
        public Builder customRecommendedAction(String customRecommendedAction) {
            this.customRecommendedAction = customRecommendedAction;
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
        public HealthEvent build() {
            return new HealthEvent(
                    version,
                    agent,
                    componentClass,
                    checkName,
                    isFatal,
                    isHealthy,
                    message,
                    recommendedAction,
                    errorCode,
                    entitiesImpacted,
                    metadata,
                    generatedTimestamp,
                    nodeName,
                    quarantineOverrides,
                    drainOverrides,
                    processingStrategy,
                    id,
                    customRecommendedAction,
                    extra);
        }
    }
}

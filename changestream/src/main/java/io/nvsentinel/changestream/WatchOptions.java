// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.MatchPipeline;
import io.nvsentinel.changestream.internal.client.ClientNames;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.query.Filter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one watch wants. Immutable. */
public final class WatchOptions {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");

    private final Builder values;

    private WatchOptions(Builder values) {
        this.values = values;
    }

    /**
     * Starts with every option at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** The same for one partition of a group: an existing owner is not taken over. */
    WatchOptions ofPartition(int partition) {
        Builder copy = values.copy();
        copy.clientName = values.clientName + "#" + partition;
        copy.ownershipPolicy = OwnershipPolicy.FAIL;
        return new WatchOptions(copy);
    }

    @Nullable
    String clientName() {
        return values.clientName;
    }

    OwnershipPolicy ownershipPolicy() {
        return values.ownershipPolicy;
    }

    StartAt startAt() {
        return values.startAt;
    }

    Filter filter() {
        return values.filter;
    }

    /** Null if checkpoints are not requested. */
    @Nullable
    Consumer<ResumeToken> onCheckpoint() {
        return values.onCheckpoint;
    }

    int maxUnacknowledged() {
        return values.maxUnacknowledged;
    }

    Consumer<UndecodableChange> onUndecodable() {
        return values.onUndecodable;
    }

    OnHistoryLost onHistoryLost() {
        return values.onHistoryLost;
    }

    Consumer<ResumeToken> onSubscribed() {
        return values.onSubscribed;
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private static final int MOST_UNACKNOWLEDGED = 10_000_000;

        private @Nullable String clientName;
        private OwnershipPolicy ownershipPolicy = OwnershipPolicy.TAKE_OVER;
        private StartAt startAt = StartAt.now();
        private Filter filter = Filter.all();
        private @Nullable Consumer<ResumeToken> onCheckpoint;
        private int maxUnacknowledged = 100_000;
        private Consumer<UndecodableChange> onUndecodable = Builder::report;
        private OnHistoryLost onHistoryLost = OnHistoryLost.FAIL;
        private Consumer<ResumeToken> onSubscribed = token -> {};

        private Builder() {}

        /**
         * Sets the client name under which the position is stored. Default none: no position is stored. A name has one
         * owner, see {@link #ownershipPolicy}; a watch that is no longer the owner fails with
         * {@link ClientFencedException}.
         *
         * @param value 1 to 255 characters
         * @return this builder
         */
        public Builder clientName(String value) {
            clientName = value;
            return this;
        }

        /**
         * Sets what happens if another watch owns the client name, in this process or another. Default
         * {@link OwnershipPolicy#TAKE_OVER}: the watch that opened the name last owns it.
         *
         * @param value the policy
         * @return this builder
         */
        public Builder ownershipPolicy(OwnershipPolicy value) {
            ownershipPolicy = value;
            return this;
        }

        /**
         * Sets where to start if the client has no stored position. Default {@link StartAt#now()}.
         *
         * @param value the start
         * @return this builder
         */
        public Builder startAt(StartAt value) {
            startAt = value;
            return this;
        }

        /**
         * Sets which changes are delivered. Default all. The paths are the paths of MongoDB's change events; their
         * first names are case-insensitive:
         *
         * <ul>
         *   <li>{@code operationType}: {@code insert}, {@code update}, {@code delete} or {@code truncate};
         *   <li>{@code fullDocument.…}: the document after the change, missing for delete and truncate;
         *   <li>{@code fullDocumentBeforeChange.…}: the document before it, missing for insert and truncate;
         *   <li>{@code updateDescription.updatedFields.…}: the new values of what an update changed, as
         *       {@link ChangeEvent#updatedFields()}; a field that did not change is missing, never false;
         *   <li>{@code updateDescription.removedFields}: a list of paths, for {@link Filter#contains};
         *   <li>{@code documentKey._id}, also {@code fullDocument._id}: the record's id, as text;
         *   <li>{@code ns.coll}: the collection.
         * </ul>
         *
         * <p>Below {@code fullDocument} and its like the names are understood as in filters of the collection, in every
         * stored spelling. A filter that reads no {@code updateDescription} is evaluated by the server as a whole,
         * which then sends no document that does not match; else in memory, with the same verdict. {@code text} and
         * {@code jsonPath} are refused when the watch is made, and so is a path that is no part of a change. The stored
         * position moves past what does not match. A client can be opened again with a different filter, which is
         * logged: it then applies from the stored position.
         *
         * @param value the filter
         * @return this builder
         * @see NvsentinelWatches
         */
        public Builder filter(Filter value) {
            filter = Objects.requireNonNull(value, "filter");
            return this;
        }

        /**
         * Sets the filter in the form of a MongoDB pipeline. Only {@code $match} stages are known, all of which must
         * match, and in them what {@link Filter#parse} knows; anything else is refused.
         *
         * @param stages the stages; empty for all changes
         * @return this builder
         * @throws InvalidRequestException naming the stage or operator that is not known
         */
        public Builder pipeline(List<? extends Map<String, ?>> stages) {
            return filter(MatchPipeline.parse(stages));
        }

        /**
         * Sets a callback that is called once for each subscription, when it is certain that every change that is
         * committed later will arrive. Default none. Called before the first event; must not block.
         *
         * @param value takes the position at which the watch starts
         * @return this builder
         */
        public Builder onSubscribed(Consumer<ResumeToken> value) {
            onSubscribed = value;
            return this;
        }

        /**
         * Sets a callback for the position that the watch has reached: a token such that every change before it is
         * acknowledged, or not wanted. Default none. Called at most every 250 ms, only when the position has changed,
         * even if no change matches the filter, and once more when the watch ends; with a client name after the token
         * is stored. This is for positions that the application keeps itself. Must not block; what it throws ends the
         * watch.
         *
         * @param value takes the token
         * @return this builder
         */
        public Builder onCheckpoint(Consumer<ResumeToken> value) {
            onCheckpoint = Objects.requireNonNull(value, "onCheckpoint");
            return this;
        }

        /**
         * Sets how many changes may be delivered and not be part of the acknowledged prefix before the watch waits with
         * reading on, which it says in the log; up to three pages more may be delivered. Default 100000, range 1 to
         * 10000000. It bounds the memory of a client that falls behind with acknowledging, at some 100 bytes a change.
         * Has no effect without a client name and checkpoints, because no caller acknowledges then.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxUnacknowledged(int value) {
            maxUnacknowledged = value;
            return this;
        }

        /**
         * Sets the handler of changes whose document cannot be decoded as the collection's type: the document after the
         * change, or for a delete the one before. They come here, in their place in the order, instead of to the
         * subscriber. Default: a warning in the log. When the handler returns, the change is acknowledged and the
         * stream continues; what it throws, for instance the change's own error, ends the watch, and a named client
         * starts with this change again. Must not block. With {@link ChangeStreams#process} it is called as well, and
         * the change is stored as a dead letter, like a change that fails permanently: as a dead letter, unless such
         * are skipped.
         *
         * @param value takes the change
         * @return this builder
         */
        public Builder onUndecodable(Consumer<UndecodableChange> value) {
            onUndecodable = Objects.requireNonNull(value, "onUndecodable");
            return this;
        }

        private static void report(UndecodableChange change) {
            LOG.warn(
                    "Change not delivered because its document cannot be decoded: operation={} "
                            + "record={} collection={} token={} error={}",
                    change.operation(),
                    change.recordId(),
                    Printable.line(change.collection()),
                    change.resumeToken(),
                    Printable.line(String.valueOf(change.error().getMessage())));
        }

        /**
         * Sets what to do when the history at the watch's position was removed or rewritten. Default
         * {@link OnHistoryLost#FAIL}. A restart of the watch is logged.
         *
         * @param value the reaction
         * @return this builder
         */
        public Builder onHistoryLost(OnHistoryLost value) {
            onHistoryLost = Objects.requireNonNull(value, "onHistoryLost");
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws ConfigurationException if the client name is blank or too long, or a number is out of range
         */
        public WatchOptions build() {
            if (maxUnacknowledged < 1 || maxUnacknowledged > MOST_UNACKNOWLEDGED) {
                throw new ConfigurationException("maxUnacknowledged must be between 1 and " + MOST_UNACKNOWLEDGED
                        + ", not " + maxUnacknowledged);
            }
            if (clientName != null) {
                ClientNames.check(clientName);
            }
            return new WatchOptions(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.clientName = clientName;
            copy.ownershipPolicy = ownershipPolicy;
            copy.startAt = startAt;
            copy.filter = filter;
            copy.onCheckpoint = onCheckpoint;
            copy.maxUnacknowledged = maxUnacknowledged;
            copy.onUndecodable = onUndecodable;
            copy.onHistoryLost = onHistoryLost;
            copy.onSubscribed = onSubscribed;
            return copy;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.Filter;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.MisconfiguredException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one watch wants. Immutable. */
public final class WatchOptions {

    private static final int MAX_NAME_LENGTH = 255;

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

    @Nullable
    String clientName() {
        return values.clientName;
    }

    StartAt startAt() {
        return values.startAt;
    }

    Filter filter() {
        return values.filter;
    }

    Consumer<ResumeToken> onSubscribed() {
        return values.onSubscribed;
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private @Nullable String clientName;
        private StartAt startAt = StartAt.now();
        private Filter filter = Filter.all();
        private Consumer<ResumeToken> onSubscribed = token -> {};

        private Builder() {}

        /**
         * Sets the name under which the position is stored. Default none: nothing is stored. A name has one owner: who
         * opens it last; an earlier watch then ends with {@link ClientFencedException}.
         *
         * @param value 1 to 255 characters
         * @return this builder
         */
        public Builder clientName(String value) {
            clientName = value;
            return this;
        }

        /**
         * Sets where to start if the client has not left off anywhere. Default {@link StartAt#now()}.
         *
         * @param value the start
         * @return this builder
         */
        public Builder startAt(StartAt value) {
            startAt = value;
            return this;
        }

        /**
         * Sets which changes are delivered. Default all. The paths are those of MongoDB's change events, their first
         * names in any letter case:
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
         * stored spelling. A filter that reads no {@code updateDescription} is evaluated by the server as a whole, which
         * then sends no document that does not match; else in memory, with the same verdict. {@code text} and
         * {@code jsonPath} are refused when the watch is made, and so is a path that is no part of a change. The stored
         * position moves past what does not match. A client may come back with another filter, which is logged: it then
         * applies from where the client left off.
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
         * Sets who is told, once for each subscription, that every change committed from then on will arrive. Default
         * nobody. Called before the first event; must not block.
         *
         * @param value takes the position at which the watch starts
         * @return this builder
         */
        public Builder onSubscribed(Consumer<ResumeToken> value) {
            onSubscribed = value;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws MisconfiguredException if the client name is blank or too long
         */
        public WatchOptions build() {
            if (clientName != null && (clientName.isBlank() || clientName.length() > MAX_NAME_LENGTH)) {
                throw new MisconfiguredException(
                        "clientName must have 1 to " + MAX_NAME_LENGTH + " characters and not only blanks");
            }
            Builder copy = new Builder();
            copy.clientName = clientName;
            copy.startAt = startAt;
            copy.filter = filter;
            copy.onSubscribed = onSubscribed;
            return new WatchOptions(copy);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.client.ClientNames;
import io.nvsentinel.datastore.MisconfiguredException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one watch wants. Immutable. */
public final class WatchOptions {

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

    IfOwned ifOwned() {
        return values.ifOwned;
    }

    StartAt startAt() {
        return values.startAt;
    }

    Consumer<ResumeToken> onSubscribed() {
        return values.onSubscribed;
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private @Nullable String clientName;
        private IfOwned ifOwned = IfOwned.TAKE_OVER;
        private StartAt startAt = StartAt.now();
        private Consumer<ResumeToken> onSubscribed = token -> {};

        private Builder() {}

        /**
         * Sets the name under which the position is stored. Default none: nothing is stored. A name has one owner, see
         * {@link #ifOwned}; who is its owner no longer ends with {@link ClientFencedException}.
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
         * {@link IfOwned#TAKE_OVER}: who opens a name last owns it.
         *
         * @param value what to do
         * @return this builder
         */
        public Builder ifOwned(IfOwned value) {
            ifOwned = value;
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
            if (clientName != null) {
                ClientNames.check(clientName);
            }
            Builder copy = new Builder();
            copy.clientName = clientName;
            copy.ifOwned = ifOwned;
            copy.startAt = startAt;
            copy.onSubscribed = onSubscribed;
            return new WatchOptions(copy);
        }
    }
}

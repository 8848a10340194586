// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Which migrations a database has.
 *
 * @param current the newest version applied; null if there is none
 * @param needed the version that this library needs
 * @param pending the migrations to apply, in their order, each as {@code 024 health events idempotency key}
 * @param unknown the applied migrations that this library does not know, for example of a later release
 * @param failed the migrations that started and did not complete; the next run of {@link SchemaMode#MIGRATE} stops at
 *     them
 */
public record SchemaStatus(
        @Nullable String current, String needed, List<String> pending, List<String> unknown, List<String> failed) {

    /**
     * Whether this library can work with it: a newer one will do.
     *
     * @return true if nothing is pending and nothing has failed
     */
    public boolean isUsable() {
        return pending.isEmpty() && failed.isEmpty();
    }

    /**
     * Asks a database, and changes nothing. Reads the certificates and connects over JDBC; blocks none of the caller's
     * threads.
     *
     * @param options where and how; the schema mode and {@link DatastoreOptions#schemaWait()} do not matter
     * @return cold; emits the status; fails with {@link ConfigurationException} where an operator has to act and with
     *     {@link UnavailableException} where waiting may help
     */
    public static Mono<SchemaStatus> of(DatastoreOptions options) {
        return DefaultDatastore.schemaStatus(options);
    }
}

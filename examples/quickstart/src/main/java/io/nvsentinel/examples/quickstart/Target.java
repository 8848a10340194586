// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.DatastoreOptions;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The database that the quick start runs against.
 *
 * @param options how to connect
 * @param embedded whether the server was started here, and goes with the program
 * @param clientName the change stream's client; on a server that others use, one of this run's own
 * @param nodePrefix put before the names of the samples' nodes
 */
record Target(DatastoreOptions options, boolean embedded, String clientName, String nodePrefix) {

    static Target embedded(DatastoreOptions options) {
        return new Target(options, true, "quickstart", "");
    }

    static Target own(DatastoreOptions options) {
        String run = UUID.randomUUID().toString().substring(0, 8);
        return new Target(options, false, "quickstart-" + run, "quickstart-");
    }

    /**
     * The user's own server, if one is named.
     *
     * @param url {@code --url}, which wins
     * @param environment variables, of which {@code DATASTORE_URL} or {@code DATASTORE_HOST} decides
     * @return null if none is named
     */
    static @Nullable Target named(@Nullable String url, Map<String, String> environment) {
        if (url != null) {
            return own(DatastoreOptions.fromUrl(url));
        }
        boolean isNamed = Stream.of("DATASTORE_URL", "DATASTORE_HOST")
                .anyMatch(name -> !environment.getOrDefault(name, "").isBlank());
        return isNamed ? own(DatastoreOptions.fromEnvironment(environment)) : null;
    }

    String address() {
        return options.addresses().stream()
                .map(server -> server.getHostString() + ":" + server.getPort())
                .collect(Collectors.joining(",", "", "/" + options.database()));
    }
}

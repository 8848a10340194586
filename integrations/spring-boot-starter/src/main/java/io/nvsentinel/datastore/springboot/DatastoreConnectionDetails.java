// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot;

import io.nvsentinel.tls.SslMode;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where the database is, from a bean instead of properties: a container of a test, or the service binding of a platform. It wins
 * over properties and variables.
 */
public interface DatastoreConnectionDetails extends ConnectionDetails {

    /**
     * The server.
     *
     * @return a host name or address, or several servers as in {@code nvsentinel.datastore.host}
     */
    String getHost();

    /**
     * The port of servers that name none.
     *
     * @return 1 to 65535; 5432 unless overridden
     */
    default int getPort() {
        return 5432;
    }

    /**
     * The database.
     *
     * @return its name
     */
    String getDatabase();

    /**
     * The user.
     *
     * @return its name
     */
    String getUsername();

    /**
     * The password.
     *
     * @return null if the login needs none, or if properties have it; null unless overridden
     */
    default @Nullable String getPassword() {
        return null;
    }

    /**
     * The TLS mode.
     *
     * @return null if properties have it, or the default applies; null unless overridden
     */
    default @Nullable SslMode getSslMode() {
        return null;
    }
}

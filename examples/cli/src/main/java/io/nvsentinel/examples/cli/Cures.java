// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientOwnedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the user can do about an error, as a short phrase. */
public final class Cures {

    private static final Map<String, String> BY_STATE = Map.of(
            "28P01", "check the user and the password",
            "28000",
                    "check pg_hba.conf on the server: no line matches this user, database and "
                            + "address, or the matching line requires another authentication method",
            "3D000", "create the database, or check its name",
            "42501", "grant the user the privileges in docs/postgresql-grants.sql",
            "42P01", "migrate the schema: nvsentinel schema migrate",
            "42883", "migrate the schema: nvsentinel schema migrate",
            "3F000", "migrate the schema: nvsentinel schema migrate",
            "53300", "raise max_connections on the server, or lower DATASTORE_MAX_CONNECTIONS in its clients",
            "25006", "connect to the primary: this server is a standby, or read-only",
            "57P03", "wait until the server has started; if the server is a standby, connect to the primary");

    private Cures() {}

    /**
     * The advice for an error of the library.
     *
     * @param error the error
     * @return null if its message is sufficient
     */
    public static @Nullable String of(DatastoreException error) {
        String cure = ofState(error.sqlState());
        return cure == null ? byKind(error) : cure;
    }

    /**
     * The advice for an error of the server.
     *
     * @param sqlState the server's SQLSTATE, or null
     * @return null if there is none
     */
    public static @Nullable String ofState(@Nullable String sqlState) {
        return sqlState == null ? null : BY_STATE.get(sqlState);
    }

    private static @Nullable String byKind(DatastoreException error) {
        if (error instanceof UnavailableException) {
            return "run nvsentinel doctor to see at which step the connection fails";
        }
        if (error instanceof OutcomeUnknownException) {
            return "check whether the operation was done before you repeat it";
        }
        if (error instanceof HistoryLostException || error instanceof HistoryForkedException) {
            return "start again with nvsentinel clients reset NAME --to beginning";
        }
        if (error instanceof ClientFencedException || error instanceof ClientOwnedException) {
            return "another process uses this client name; nvsentinel clients list shows which";
        }
        boolean ofConfiguration = error instanceof ConfigurationException && error.sqlState() == null;
        return ofConfiguration ? "nvsentinel doctor shows the source of each value" : null;
    }
}

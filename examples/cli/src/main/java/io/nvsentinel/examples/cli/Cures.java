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

/** What somebody can do about an error, in half a sentence. */
public final class Cures {

    private static final Map<String, String> BY_STATE = Map.of(
            "28P01", "check the user and the password",
            "28000",
                    "check pg_hba.conf on the server: for this user, database and address it has no line, or one that wants"
                            + " another kind of login",
            "3D000", "create the database, or check its name",
            "42501", "grant the user what docs/postgresql-grants.sql names",
            "42P01", "bring the schema up to date: nvsentinel schema migrate",
            "42883", "bring the schema up to date: nvsentinel schema migrate",
            "3F000", "bring the schema up to date: nvsentinel schema migrate",
            "53300", "raise max_connections on the server, or lower DATASTORE_MAX_CONNECTIONS of its clients",
            "25006", "connect to the primary: this server is a standby, or read-only",
            "57P03", "wait until the server has started; if it is a standby, connect to the primary");

    private Cures() {}

    /**
     * The cure of an error of the library.
     *
     * @param error the error
     * @return null where its message says all there is to say
     */
    public static @Nullable String of(DatastoreException error) {
        String cure = ofState(error.sqlState());
        return cure == null ? byKind(error) : cure;
    }

    /**
     * The cure of what the server says.
     *
     * @param sqlState the server's SQLSTATE, or null
     * @return null where this class knows none
     */
    public static @Nullable String ofState(@Nullable String sqlState) {
        return sqlState == null ? null : BY_STATE.get(sqlState);
    }

    private static @Nullable String byKind(DatastoreException error) {
        if (error instanceof UnavailableException) {
            return "nvsentinel doctor tells how far a connection gets";
        }
        if (error instanceof OutcomeUnknownException) {
            return "look whether it was done before you do it again";
        }
        if (error instanceof HistoryLostException || error instanceof HistoryForkedException) {
            return "start anew with nvsentinel clients reset NAME --to beginning";
        }
        if (error instanceof ClientFencedException || error instanceof ClientOwnedException) {
            return "another process uses this client name; nvsentinel clients list tells which";
        }
        boolean ofConfiguration = error instanceof ConfigurationException && error.sqlState() == null;
        return ofConfiguration ? "nvsentinel doctor tells where each value came from" : null;
    }
}

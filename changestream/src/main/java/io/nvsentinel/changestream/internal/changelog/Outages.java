// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.net.UnknownHostException;

/** Which errors of the database pass by themselves, so that a stream waits instead of ending. */
public final class Outages {

    /** No such database: it is being renamed, or dropped and restored. It was there when the datastore connected. */
    private static final String NO_SUCH_DATABASE = "3D000";

    private Outages() {}

    /**
     * Whether an error passes.
     *
     * @param error an error of a read or write that may be repeated
     * @return true if the same may succeed later
     */
    public static boolean mayPass(Throwable error) {
        return error instanceof DatastoreException failure
                && (failure.isRetryable()
                        || failure.isOutcomeUnknown()
                        || NO_SUCH_DATABASE.equals(failure.sqlState())
                        || isOfUnknownHost(failure));
    }

    /** The host was known when the datastore connected: its DNS record is being replaced, in a failover for example. */
    private static boolean isOfUnknownHost(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }

    /**
     * The changelog's facts are one row, which is missing only while a restore has not come to it.
     *
     * @return the error, which passes
     */
    public static DatastoreException noFacts() {
        return new UnavailableException(
                "The table datastore_changelog_state has no row: the database is being restored, or "
                        + "the row was deleted",
                null,
                null);
    }
}

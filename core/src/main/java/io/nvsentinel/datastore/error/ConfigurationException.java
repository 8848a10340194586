// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * An operator has to act: configuration, certificates, login, privileges or the schema do not fit. Nothing was written.
 */
public class ConfigurationException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public ConfigurationException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    public ConfigurationException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    /**
     * Creates an error that was detected before a request to the server.
     *
     * @param message the reason, in one line
     */
    public ConfigurationException(String message) {
        super(message, null, null);
    }

    /** Not if a privilege or a login is missing, but if the statement names a table that does not exist. */
    @Override
    public boolean isDeterministic() {
        return "42P01".equals(sqlState());
    }
}

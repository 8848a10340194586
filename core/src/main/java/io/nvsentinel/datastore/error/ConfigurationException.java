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
     * @param message what was wrong, in one line
     * @param sqlState the server's SQLSTATE, or null when the server did not answer
     * @param cause what was caught, or null
     */
    public ConfigurationException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context where it arose
     * @param reason what was wrong, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause what was caught, or null
     */
    public ConfigurationException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    /**
     * Creates an error that the library found before it asked the server.
     *
     * @param message what was wrong, in one line
     */
    public ConfigurationException(String message) {
        super(message, null, null);
    }

    /** Not where a privilege or a log-in is missing, but where the statement names a table that is not there. */
    @Override
    public boolean isDeterministic() {
        return "42P01".equals(sqlState());
    }
}

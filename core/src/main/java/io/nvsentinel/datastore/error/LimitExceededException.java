// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import io.nvsentinel.datastore.query.FieldPath;
import org.jspecify.annotations.Nullable;

/**
 * A document, or what an update or an aggregation makes of one, is beyond a limit: it could not be stored, indexed or read
 * again. Nothing was written.
 *
 * <table>
 * <caption>Limits</caption>
 * <tr><th>What</th><th>At most</th></tr>
 * <tr><td>levels of objects and arrays in a document</td><td>500</td></tr>
 * <tr><td>digits of a number, written without exponent</td><td>1,000</td></tr>
 * <tr><td>a document's text</td><td>268,435,455 bytes</td></tr>
 * <tr><td>{@code healthevent.nodeName}, {@code healthevent.metadata.idempotencyKey},
 *     {@code healtheventstatus.userpodsevictionstatus.status}; {@code eventId} and {@code nodeName} of maintenance events</td>
 *     <td>2,000 bytes of UTF-8</td></tr>
 * <tr><td>{@code csp} and {@code clusterName} of maintenance events</td><td>1,000 bytes of UTF-8</td></tr>
 * <tr><td>a value in an index of the application's own</td><td>what PostgreSQL allows, 2,704 bytes for a B-tree</td></tr>
 * </table>
 */
public final class LimitExceededException extends InvalidRequestException {

    private static final long serialVersionUID = 1L;

    /** The path of the field, or null. */
    private final @Nullable String field;

    /** The most that is allowed. */
    private final long limit;

    /**
     * Creates an error.
     *
     * @param context the context of the error
     * @param reason the reason, in one line
     * @param field the path of the field, or null if it is unknown
     * @param limit the largest allowed value, in the unit that {@code reason} names
     * @param cause the cause, or null
     */
    public LimitExceededException(
            ErrorContext context, String reason, @Nullable String field, long limit, @Nullable Throwable cause) {
        super(context, reason, cause);
        this.field = field;
        this.limit = limit;
    }

    /**
     * Creates an error that the library found before it asked the server.
     *
     * @param message the reason and the place, in one line
     * @param limit the most that is allowed, in the unit that {@code message} names
     */
    public LimitExceededException(String message, long limit) {
        super(message);
        this.field = null;
        this.limit = limit;
    }

    /**
     * Which field it is.
     *
     * @return its path as stored, as {@link FieldPath#parse} reads it; null for the document as a whole, where only the
     *     {@linkplain #constraint() index} is known, and if the document was not sent, in which case the message names the place
     */
    public @Nullable String field() {
        return field;
    }

    /**
     * The most that is allowed.
     *
     * @return bytes, levels or digits, as the message says
     */
    public long limit() {
        return limit;
    }
}

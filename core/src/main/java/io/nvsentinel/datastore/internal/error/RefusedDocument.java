// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.spi.R2dbcException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Determines the field of a document that the server rejected, if the schema's constraints or functions name it. */
final class RefusedDocument {

    /** PostgreSQL's own for an entry of a B-tree, where its message cannot be read. */
    private static final long B_TREE_ENTRY = 2704;

    private static final String LIMIT_EXCEEDED = "54000";

    private static final String NOT_NULL = "23502";

    private static final Pattern INDEX_ROW =
            Pattern.compile("index row (?:size|requires) \\d+ .*?maximum (?:size is )?(\\d+).*");

    private static final Map<String, Length> LENGTHS = Map.of(
            "health_events_node_name_length", new Length("healthevent.nodeName", 2000),
            "health_events_user_pods_eviction_status_length",
                    new Length("healtheventstatus.userpodsevictionstatus.status", 2000),
            "health_events_idempotency_key_length", new Length("healthevent.metadata.idempotencyKey", 2000),
            "maintenance_events_event_id_length", new Length("eventId", 2000),
            "maintenance_events_node_name_length", new Length("nodeName", 2000),
            "maintenance_events_csp_length", new Length("csp", 1000),
            "maintenance_events_cluster_name_length", new Length("clusterName", 1000));

    /** The constraints of the functions {@code nvsentinel_limited_…}. */
    private static final Map<String, Long> LIMITS = Map.of("nvsentinel_digits", 1000L, "nvsentinel_levels", 500L);

    /** Of the stamp, which names the limit of the session. */
    private static final Pattern SIZE = Pattern.compile("the document's text has more than (\\d+) bytes");

    private RefusedDocument() {}

    /** An indexed field, and how many bytes it may have. */
    private record Length(String field, long bytes) {}

    /**
     * The error of a statement that always fails.
     *
     * @param reason the server's message, without values
     * @param cause the cause, safe to print
     */
    static InvalidRequestException of(R2dbcException error, ErrorContext context, String reason, Throwable cause) {
        String constraint = context.constraint() == null ? "" : context.constraint();
        Length length = LENGTHS.get(constraint);
        if (length != null) {
            String tooLong = length.field + " is too long for its index: at most " + length.bytes + " bytes of UTF-8";
            return new LimitExceededException(context, tooLong, length.field, length.bytes, cause);
        }
        if (constraint.equals("maintenance_events_event_id_present")
                || NOT_NULL.equals(context.sqlState()) && "event_id".equals(column(error))) {
            return new InvalidRequestException(
                    context, "a maintenance event requires an eventId, which identifies it", cause);
        }
        return LIMIT_EXCEEDED.equals(context.sqlState())
                ? exceeded(error, context, reason, cause)
                : new InvalidRequestException(context, reason, cause);
    }

    private static InvalidRequestException exceeded(
            R2dbcException error, ErrorContext context, String reason, Throwable cause) {
        String constraint = context.constraint();
        Long limit = LIMITS.get(constraint == null ? "" : constraint);
        if (limit != null) {
            return new LimitExceededException(context, reason, column(error), limit, cause);
        }
        Matcher size = SIZE.matcher(reason);
        if (size.matches()) {
            String larger = reason + ", the limit that maxDocumentBytes sets";
            return new LimitExceededException(context, larger, null, Long.parseLong(size.group(1)), cause);
        }
        Matcher index = INDEX_ROW.matcher(reason);
        if (constraint == null && !index.matches()) {
            return new InvalidRequestException(context, reason, cause);
        }
        long most = index.matches() ? Long.parseLong(index.group(1)) : B_TREE_ENTRY;
        String tooLong = "a value is too long for the index" + (constraint == null ? "" : " " + constraint)
                + " that contains it: at most " + most + " bytes together with the other columns of that";
        return new LimitExceededException(context, tooLong, null, most, cause);
    }

    private static @Nullable String column(R2dbcException error) {
        String column = ServerMessage.details(error)
                .flatMap(ErrorDetails::getColumnName)
                .orElse("");
        return column.isEmpty() ? null : column;
    }
}

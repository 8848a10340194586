// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.ResumeToken;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change that a processor could not handle.
 *
 * @param id identifies it in the API
 * @param clientName the client of the processor
 * @param resumeToken the position directly after the change
 * @param collection the collection of the change
 * @param recordId the record that changed; null for truncate
 * @param operation the operation
 * @param changedAt the time of the change
 * @param errorClass the class of the last error
 * @param errorMessage its message, at most 2000 characters; null if it has none
 * @param attempts the number of attempts, including replays
 * @param firstFailedAt when it became a dead letter
 * @param lastFailedAt when it failed last
 * @param replayRequested whether a replay is requested
 */
public record DeadLetter(
        long id,
        String clientName,
        ResumeToken resumeToken,
        String collection,
        @Nullable UUID recordId,
        Operation operation,
        Instant changedAt,
        String errorClass,
        @Nullable String errorMessage,
        int attempts,
        Instant firstFailedAt,
        Instant lastFailedAt,
        boolean replayRequested) {}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change whose document is not one of its collection's type.
 *
 * @param resumeToken the place right after it
 * @param operation what happened
 * @param collection where
 * @param recordId the record
 * @param error what is wrong with the document, without its content
 */
public record UndecodableChange(
        ResumeToken resumeToken,
        Operation operation,
        String collection,
        @Nullable UUID recordId,
        InvalidDocumentException error) {}

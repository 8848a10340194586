// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change whose document is not one of its collection's type.
 *
 * @param resumeToken the position directly after the change
 * @param operation the operation
 * @param collection the collection
 * @param recordId the record's id
 * @param error why the document cannot be decoded, without its content
 */
public record UndecodableChange(
        ResumeToken resumeToken,
        Operation operation,
        String collection,
        @Nullable UUID recordId,
        InvalidDocumentException error) {}

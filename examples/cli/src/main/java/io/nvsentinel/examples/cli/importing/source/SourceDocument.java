// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import org.jspecify.annotations.Nullable;

/**
 * A piece of the source that should be one document.
 *
 * @param line its first line, from 1
 * @param bytes its content; empty if it is larger than the limit of a document
 * @param problem why it is not a document, or null
 */
public record SourceDocument(
        long line, byte[] bytes, @Nullable String problem) {

    /**
     * The same piece without what it holds.
     *
     * @return for a report of a piece that is too large to keep
     */
    public SourceDocument withoutBytes() {
        return new SourceDocument(line, new byte[0], problem);
    }
}

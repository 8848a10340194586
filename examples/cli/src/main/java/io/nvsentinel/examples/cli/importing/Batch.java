// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.util.List;

/**
 * A stretch of the source.
 *
 * @param documents what can be stored
 * @param rejects what cannot
 */
record Batch(List<ConvertedDocument> documents, List<Reject> rejects) {

    /**
     * A piece of the source that is not stored.
     *
     * @param source the piece
     * @param reason why not
     */
    record Reject(SourceDocument source, String reason) {}
}

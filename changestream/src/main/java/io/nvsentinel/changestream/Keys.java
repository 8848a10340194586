// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.callback.Callbacks;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.process.NodeName;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What changes have to stay in order with.
 *
 * @param options which key is chosen
 * @param json reads documents
 */
record Keys(ProcessorOptions options, JsonCodec json) {

    /** The key of a change; empty if it has none, or if its document cannot be decoded. */
    String of(ChangelogRow row, ChangeEvent<?> event) {
        Function<ChangeEvent<?>, @Nullable String> chosen = options.key();
        try {
            String key = chosen == null ? NodeName.of(row, json) : Callbacks.get("key", () -> chosen.apply(event));
            return key == null ? "" : key;
        } catch (InvalidDocumentException | StackOverflowError broken) {
            return "";
        }
    }
}

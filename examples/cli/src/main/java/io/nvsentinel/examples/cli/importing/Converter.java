// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.importing.json.Checksum;
import io.nvsentinel.examples.cli.importing.json.Conversion;
import io.nvsentinel.examples.cli.importing.json.JsonReader;
import io.nvsentinel.examples.cli.importing.json.LegacyUuid;
import io.nvsentinel.examples.cli.importing.json.RecordId;
import io.nvsentinel.examples.cli.importing.json.RejectedDocumentException;
import io.nvsentinel.examples.cli.importing.json.StoredJson;
import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a record of a piece of the source. */
final class Converter {

    private static final String ID = "_id";

    private final Conversion conversion;
    private final Target target;

    Converter(LegacyUuid legacyUuid, Target target) {
        this.conversion = new Conversion(legacyUuid);
        this.target = target;
    }

    /**
     * Converts a document.
     *
     * @param source a piece of the source
     * @return the record
     * @throws RejectedDocumentException if it can be none
     */
    ConvertedDocument convert(SourceDocument source) throws RejectedDocumentException {
        if (source.problem() != null) {
            throw new RejectedDocumentException(source.problem());
        }
        Map<String, @Nullable Object> read = JsonReader.read(source.bytes());
        if (read.get(ID) == null) {
            throw new RejectedDocumentException("it has no _id, which is needed to recognize it in a repeated import");
        }
        Map<String, @Nullable Object> document = conversion.document(read);
        target.check(document);
        byte[] json = StoredJson.write(document);
        return new ConvertedDocument(
                source,
                RecordId.of(read.get(ID), document.get(ID)),
                RecordId.time(read.get(ID)),
                json,
                Checksum.md5(json));
    }
}

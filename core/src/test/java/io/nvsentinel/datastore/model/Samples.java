// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The sample documents, one JSON document a line. */
final class Samples {

    private Samples() {}

    static List<byte[]> lines(String name) {
        try (InputStream in = Samples.class.getResourceAsStream("/samples/" + name)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank())
                    .map(line -> line.getBytes(StandardCharsets.UTF_8))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

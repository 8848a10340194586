// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * One configuration of a model.
 *
 * @param module the TLA+ module in the configuration's directory
 * @param file the configuration
 * @param expected {@code "holds"}, or {@code "violates"} and the name of the invariant or property
 */
record ModelConfiguration(Path module, Path file, String expected) {

    private static final String EXPECT = "\\* expect: ";

    static ModelConfiguration read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            if (!lines.get(0).startsWith(EXPECT)) {
                throw new IllegalStateException(file + " must begin with \"" + EXPECT + "\"");
            }
            return new ModelConfiguration(
                    module(file.getParent()), file, lines.get(0).substring(EXPECT.length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path module(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".tla"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("There is no module in " + directory));
        }
    }

    String name() {
        return module.getFileName().toString().replace(".tla", "") + "-"
                + file.getFileName().toString().replace(".cfg", "");
    }

    boolean isLarge() {
        return file.getFileName().toString().startsWith("Large");
    }

    /** The only temporal property of the configuration: TLC does not name the violated one. */
    String property() {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("PROPERTIES "))
                    .map(line -> line.substring("PROPERTIES ".length()).strip())
                    .findFirst()
                    .orElse("an unnamed property");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

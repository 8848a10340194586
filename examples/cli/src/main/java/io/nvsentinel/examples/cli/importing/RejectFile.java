// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import io.nvsentinel.examples.cli.importing.json.StoredJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where rejected documents go: a line of JSON each, with the keys {@code line}, {@code reason} and {@code document}, its
 * text. Written anew by each run, so that it holds what is still missing; there is none if nothing is.
 */
final class RejectFile implements AutoCloseable {

    private final Path file;
    private @Nullable OutputStream out;
    private long count;

    /**
     * Removes what an earlier run left.
     *
     * @param file where it will be
     */
    RejectFile(Path file) {
        this.file = file;
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    void add(Batch.Reject reject) {
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("line", reject.source().line());
        entry.put("reason", reject.reason());
        entry.put("document", new String(reject.source().bytes(), StandardCharsets.UTF_8));
        try {
            if (out == null) {
                out = new BufferedOutputStream(Files.newOutputStream(file));
            }
            out.write(StoredJson.write(entry));
            out.write('\n');
            count++;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Makes what was added visible to others, and safe from this process's end. */
    void flush() {
        try {
            if (out != null) {
                out.flush();
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    long count() {
        return count;
    }

    Path file() {
        return file;
    }

    private ToolException unwritable(IOException error) {
        ToolException failure = new ToolException(
                ExitCode.USAGE,
                "rejected documents cannot be written to " + file + ": " + error.getMessage(),
                "name another file with --rejects");
        failure.initCause(error);
        return failure;
    }

    @Override
    public void close() {
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}

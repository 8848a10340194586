// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import io.nvsentinel.examples.cli.importing.json.StoredJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where rejected documents go: a line of JSON each, with the keys {@code line}, {@code reason} and {@code document}, its
 * text. Created with the first of them, always new, for its owner only: it holds documents, and nothing that exists is
 * replaced or followed.
 */
final class RejectFile implements AutoCloseable {

    private static final String SUFFIX = ".jsonl";
    private static final int MOST_NUMBERED = 1_000;
    private static final int MOST_SHOWN = 20;
    private static final String OWNER_ONLY = "rw-------";

    private final List<Path> candidates;
    private final boolean writes;
    private final List<String> shown = new ArrayList<>();
    private @Nullable Path file;
    private @Nullable OutputStream out;
    private long count;

    private RejectFile(List<Path> candidates, boolean writes) {
        this.candidates = candidates;
        this.writes = writes;
    }

    /** Writes nothing; the first rejects are kept for the report. */
    static RejectFile none() {
        return new RejectFile(List.of(), false);
    }

    /**
     * A file that the user named.
     *
     * @throws ToolException if there is one already, or a link
     */
    static RejectFile at(Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw ToolException.usage("--rejects " + file + " exists; name a file that does not exist");
        }
        return new RejectFile(List.of(file), true);
    }

    /** The first of {@code name.jsonl}, {@code name.2.jsonl} and so on that does not exist when it is needed. */
    static RejectFile numbered(String name) {
        List<Path> candidates = new ArrayList<>(List.of(Path.of(name + SUFFIX)));
        for (int number = 2; number <= MOST_NUMBERED; number++) {
            candidates.add(Path.of(name + "." + number + SUFFIX));
        }
        return new RejectFile(candidates, true);
    }

    void add(Batch.Reject reject) {
        count++;
        if (!writes) {
            if (shown.size() < MOST_SHOWN) {
                shown.add("line " + reject.source().line() + ": " + reject.reason());
            }
            return;
        }
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("line", reject.source().line());
        entry.put("reason", reject.reason());
        entry.put("document", new String(reject.source().bytes(), StandardCharsets.UTF_8));
        try {
            OutputStream to = out == null ? create() : out;
            out = to;
            to.write(StoredJson.write(entry));
            to.write('\n');
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private OutputStream create() throws IOException {
        FileAlreadyExistsException taken = new FileAlreadyExistsException("no unused file name");
        for (Path candidate : candidates) {
            file = candidate;
            try {
                return new BufferedOutputStream(Channels.newOutputStream(Files.newByteChannel(
                        candidate, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())));
            } catch (FileAlreadyExistsException e) {
                taken = e;
            }
        }
        throw taken;
    }

    /** Other file systems give a new file the rights of its directory. */
    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY))
                }
                : new FileAttribute<?>[0];
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

    /** The file; null if none was written. */
    @Nullable
    Path file() {
        return out == null ? null : file;
    }

    /** The first rejects of a run that writes no file, one line each. */
    List<String> shown() {
        return shown;
    }

    private ToolException unwritable(IOException error) {
        ToolException failure = new ToolException(
                ExitCode.USAGE,
                "rejected documents cannot be written to " + file + ": "
                        + (error instanceof FileAlreadyExistsException ? "it exists" : error.getMessage()),
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

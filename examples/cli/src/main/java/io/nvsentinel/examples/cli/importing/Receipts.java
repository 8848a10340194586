// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What every document of the source should be in the database: its line, id and checksum, in a temporary file of 40 bytes
 * each, because standard input cannot be read twice. Written first, then read; closing removes it.
 */
final class Receipts implements AutoCloseable {

    private static final int PAGE = 5_000;

    private final Path file;
    private final DataOutputStream out;
    private long count;

    Receipts() {
        try {
            file = Files.createTempFile("nvsentinel-import", ".receipts");
            out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /**
     * A document that is, or should be, in the database.
     *
     * @param line its line in the source
     * @param id the record's id
     * @param checksum the checksum of the stored document
     */
    record Receipt(long line, UUID id, UUID checksum) {}

    /** Takes a page of them. */
    interface Pages {

        void accept(List<Receipt> page) throws java.sql.SQLException;
    }

    void add(ConvertedDocument document) {
        try {
            out.writeLong(document.source().line());
            write(document.id());
            write(document.checksum());
            count++;
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private void write(UUID uuid) throws IOException {
        out.writeLong(uuid.getMostSignificantBits());
        out.writeLong(uuid.getLeastSignificantBits());
    }

    /**
     * Reads all that were added, after the last one.
     *
     * @param pages gets them in their order
     */
    void read(Pages pages) throws java.sql.SQLException {
        try {
            out.close();
            try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
                for (long left = count; left > 0; left -= PAGE) {
                    List<Receipt> page = new ArrayList<>();
                    for (long i = Math.min(left, PAGE); i > 0; i--) {
                        page.add(new Receipt(in.readLong(), uuid(in), uuid(in)));
                    }
                    pages.accept(page);
                }
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private static UUID uuid(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static ToolException unusable(IOException error) {
        ToolException failure = new ToolException(
                ExitCode.USAGE,
                "the temporary file with checksums cannot be used: " + error.getMessage(),
                "set a directory with free space in JAVA_OPTS=-Djava.io.tmpdir=DIR");
        failure.initCause(error);
        return failure;
    }

    @Override
    public void close() {
        try {
            out.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw unusable(e);
        }
    }
}

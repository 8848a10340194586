// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The bytes of an export: a file, or standard input as {@code -}; unpacked if they are gzip. Knows how many were read. One
 * thread reads, another may ask.
 */
public final class Source implements AutoCloseable {

    /** The name of standard input. */
    public static final String STANDARD_INPUT = "-";

    private static final int UNKNOWN = -1;
    private static final int GZIP_FIRST = 0x1F;
    private static final int GZIP_SECOND = 0x8B;
    private static final int BUFFER_BYTES = 64 << 10;

    private final String name;
    private final long size;
    private final Counted counted;
    private final InputStream unpacked;

    private Source(String name, long size, InputStream raw) throws IOException {
        this.name = name;
        this.size = size;
        this.counted = new Counted(raw);
        this.unpacked = documents(name, unpacked(counted));
    }

    /** What the file is must be known before a second byte of it is used: all that follows would be rejected. */
    private static InputStream documents(String name, InputStream unpacked) throws IOException {
        PushbackInputStream bytes = new PushbackInputStream(unpacked, FileKind.BYTES);
        byte[] start = new byte[FileKind.BYTES];
        int length = 0;
        try {
            // A pipe gives what it has; a first line is enough.
            for (int read = 0;
                    read >= 0 && length < start.length && !hasLine(start, length);
                    length += Math.max(0, read)) {
                read = bytes.read(start, length, start.length - length);
            }
        } catch (EOFException e) {
            // It is cut off. The reader meets that again, after what could be read.
            length = Math.max(0, length);
        }
        String other = FileKind.other(Arrays.copyOf(start, length));
        if (other != null) {
            throw ToolException.usage(name + " is not Extended JSON in UTF-8 but " + other);
        }
        bytes.unread(start, 0, length);
        return bytes;
    }

    private static boolean hasLine(byte[] start, int length) {
        for (int i = 0; i < length; i++) {
            if (start[i] == '\n') {
                return true;
            }
        }
        return false;
    }

    /**
     * Opens it.
     *
     * @param name a file, or {@code -}
     * @param standardInput read if it is {@code -}; closing the source does not close it
     * @return the source, at its beginning
     */
    public static Source open(String name, InputStream standardInput) {
        try {
            if (name.equals(STANDARD_INPUT)) {
                return new Source("standard input", UNKNOWN, standardInput);
            }
            Path file = Path.of(name);
            if (Files.isDirectory(file)) {
                throw ToolException.usage(
                        name + " is a directory; name a file that mongoexport wrote, or - for standard input");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw ToolException.usage(
                        name
                                + " is a pipe, a socket or a device; name a file that mongoexport wrote, or - for standard input");
            }
            InputStream bytes = Files.newInputStream(file);
            try {
                return new Source(name, Files.size(file), bytes);
            } catch (IOException | ToolException e) {
                bytes.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw ToolException.usage("there is no file " + name);
        } catch (IOException e) {
            throw unreadable(name, e, false);
        }
    }

    /**
     * The error of a source that fails.
     *
     * @param name its name
     * @param error what happened
     * @param stored whether what was read before is stored
     * @return the error to end with
     */
    public static ToolException unreadable(String name, IOException error, boolean stored) {
        ToolException failure = new ToolException(
                ExitCode.USAGE,
                name + " cannot be read completely: " + error.getMessage(),
                stored
                        ? "the documents before this point are stored; run the same command with a "
                                + "complete file to continue"
                        : "nothing was stored; export it again");
        failure.initCause(error);
        return failure;
    }

    private static InputStream unpacked(Counted raw) throws IOException {
        PushbackInputStream bytes = new PushbackInputStream(raw, 2) {
            /**
             * This is needed to detect concatenated gzip files; a pipe may have more data than it reports as available.
             */
            @Override
            public int available() throws IOException {
                int value = read();
                if (value < 0) {
                    return 0;
                }
                unread(value);
                return Math.max(1, super.available());
            }
        };
        byte[] start = bytes.readNBytes(2);
        bytes.unread(start);
        boolean gzip = start.length == 2 && (start[0] & 0xFF) == GZIP_FIRST && (start[1] & 0xFF) == GZIP_SECOND;
        return gzip ? new GZIPInputStream(bytes, BUFFER_BYTES) : bytes;
    }

    /**
     * What it holds, unpacked.
     *
     * @return the bytes, for one reader
     */
    public InputStream bytes() {
        return unpacked;
    }

    /**
     * What to call it.
     *
     * @return its name
     */
    public String name() {
        return name;
    }

    /**
     * How much of it was read.
     *
     * @return from 0 to 1, or a negative number if its size is unknown
     */
    public double share() {
        return size <= 0 ? UNKNOWN : Math.min(1, (double) counted.count / size);
    }

    @Override
    public void close() {
        try {
            if (size != UNKNOWN) {
                unpacked.close();
            }
        } catch (IOException e) {
            throw unreadable(name, e, false);
        }
    }

    /** Counts what is read. */
    private static final class Counted extends InputStream {

        private final InputStream in;
        private volatile long count;

        Counted(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            count(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int read = in.read(bytes, from, length);
            count(Math.max(0, read));
            return read;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
        private void count(int bytes) {
            count += bytes;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}

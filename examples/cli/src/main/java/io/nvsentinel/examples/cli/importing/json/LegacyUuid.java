// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * The driver that wrote UUIDs as binaries of subtype 3. Each driver used a different byte order, which the export does
 * not contain.
 */
public enum LegacyUuid {

    /** Unknown: they remain binaries. */
    KEEP {
        @Override
        UUID read(byte[] bytes) {
            throw new IllegalStateException("bug: these UUIDs are kept as binaries");
        }
    },

    /** The order in which a UUID is written. */
    PYTHON {
        @Override
        UUID read(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new UUID(buffer.getLong(), buffer.getLong());
        }
    },

    /** Each half backwards. */
    JAVA {
        @Override
        UUID read(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            return new UUID(buffer.getLong(), buffer.getLong());
        }
    },

    /** The first three groups backwards. */
    CSHARP {
        @Override
        UUID read(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            long first = (buffer.getInt() & 0xFFFF_FFFFL) << 32
                    | (buffer.getShort() & 0xFFFFL) << 16
                    | (buffer.getShort() & 0xFFFFL);
            return new UUID(first, buffer.order(ByteOrder.BIG_ENDIAN).getLong());
        }
    };

    /**
     * Reads a UUID.
     *
     * @param bytes sixteen of them
     * @return the UUID
     */
    abstract UUID read(byte[] bytes);
}

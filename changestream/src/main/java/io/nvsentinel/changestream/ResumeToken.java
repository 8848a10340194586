// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A place in the stream. Opaque: keep it as it is, as text from {@link #encode()}. Immutable.
 *
 * <p>It holds what is needed to notice that history was rewritten since: which changelog, which position, and a digest
 * of a delivered row.
 */
public final class ResumeToken {

    private static final String VERSION = "1";
    private static final String SEPARATOR = "~";

    private final UUID incarnation;
    private final long position;
    private final long checkedRow;
    private final @Nullable RowCheck row;
    private final String digest;

    private ResumeToken(UUID incarnation, long position, long checkedRow, @Nullable RowCheck row, String digest) {
        this.incarnation = incarnation;
        this.position = position;
        this.checkedRow = checkedRow;
        this.row = row;
        this.digest = digest;
    }

    static ResumeToken at(UUID incarnation, long position, @Nullable RowCheck row) {
        return new ResumeToken(incarnation, position, row == null ? 0 : row.id(), row, "");
    }

    /**
     * Reads a token.
     *
     * @param text from {@link #encode()}
     * @return the token
     * @throws InvalidRequestException if this is no token, or one of a later version
     */
    public static ResumeToken parse(String text) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(SEPARATOR, -1);
            if (parts.length == 5 && parts[0].equals(VERSION)) {
                return of(parts[1], Long.parseLong(parts[2]), Long.parseLong(parts[3]), parts[4]);
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("Not a resume token of version " + VERSION, null, e);
        }
        throw new InvalidRequestException("Not a resume token of version " + VERSION);
    }

    /** From the form in which tokens are stored. */
    static ResumeToken fromTree(Map<String, @Nullable Object> tree) {
        if (tree.get("version") instanceof Number version
                && version.toString().equals(VERSION)
                && tree.get("incarnation") instanceof String incarnation
                && tree.get("position") instanceof Number position
                && tree.get("checkedRow") instanceof Number checkedRow
                && tree.get("digest") instanceof String digest) {
            return of(incarnation, position.longValue(), checkedRow.longValue(), digest);
        }
        throw new InvalidRequestException(
                "A stored resume token must have version 1, incarnation, position, checkedRow and digest; it has "
                        + tree.keySet());
    }

    private static ResumeToken of(String incarnation, long position, long checkedRow, String digest) {
        try {
            return new ResumeToken(UUID.fromString(incarnation), position, checkedRow, null, digest);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("A resume token's incarnation must be a UUID", null, e);
        }
    }

    /**
     * The token as text: letters, digits, {@code -} and {@code _}, fewer than 150 of them.
     *
     * @return what {@link #parse} reads
     */
    public String encode() {
        String text = String.join(
                SEPARATOR,
                VERSION,
                incarnation.toString(),
                Long.toString(position),
                Long.toString(checkedRow),
                digest());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    Map<String, @Nullable Object> toTree() {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("version", Integer.valueOf(VERSION));
        tree.put("incarnation", incarnation.toString());
        tree.put("position", position);
        tree.put("checkedRow", checkedRow);
        tree.put("digest", digest());
        return tree;
    }

    UUID incarnation() {
        return incarnation;
    }

    long position() {
        return position;
    }

    /** The id of the row whose digest the token holds; 0 if it holds none. */
    long checkedRow() {
        return checkedRow;
    }

    /** Computed late: most tokens are never written anywhere. */
    String digest() {
        return row == null ? digest : row.digest();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ResumeToken token && encode().equals(token.encode());
    }

    @Override
    public int hashCode() {
        return Long.hashCode(position);
    }

    @Override
    public String toString() {
        return encode();
    }
}

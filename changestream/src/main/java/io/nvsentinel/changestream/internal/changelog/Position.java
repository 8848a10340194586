// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A place in the changelog, and what is needed to notice that history was rewritten since: which changelog, which
 * position, and a digest of a delivered row; also which filter the watch had. Immutable. What users hold of it is a resume
 * token.
 */
public final class Position {

    private static final String VERSION = "1";
    private static final String SEPARATOR = "~";
    private static final String SNAPSHOT = "snapshot";

    private final UUID incarnation;
    private final long id;
    private final Check check;
    private final String filter;
    private final boolean snapshot;

    private Position(UUID incarnation, long position, Check check, String filter, boolean snapshot) {
        this.incarnation = incarnation;
        this.id = position;
        this.check = check;
        this.filter = filter;
        this.snapshot = snapshot;
    }

    /** What the changelog is recognised by: a row, and its digest or what that is computed from. */
    private record Check(long row, @Nullable RowCheck facts, String known) {

        String digest() {
            return facts == null ? known : facts.digest();
        }
    }

    /**
     * A place.
     *
     * @param incarnation which changelog
     * @param position everything up to this id lies before it
     * @param row the last row delivered before it, to recognise the changelog by; null if none was
     * @return the place
     */
    public static Position at(UUID incarnation, long position, @Nullable RowCheck row) {
        return new Position(incarnation, position, new Check(row == null ? 0 : row.id(), row, ""), "", false);
    }

    /**
     * The same position, for a watch with a filter.
     *
     * @param fingerprint identifies the filter; empty for none
     * @return the position
     */
    public Position withFilter(String fingerprint) {
        return new Position(incarnation, id, check, fingerprint, snapshot);
    }

    /**
     * The same place, within a snapshot.
     *
     * @return the place
     */
    public Position withinSnapshot() {
        return new Position(incarnation, id, check, filter, true);
    }

    /**
     * Whether this is within a snapshot, which has to be taken again.
     *
     * @return true until all records are delivered
     */
    public boolean isWithinSnapshot() {
        return snapshot;
    }

    /**
     * Reads a token.
     *
     * @param text from {@link #encode()}
     * @return the place
     * @throws InvalidRequestException if this is no token, or one of a later version
     */
    public static Position parse(String text) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(SEPARATOR, -1);
            if (parts.length == 7 && parts[0].equals(VERSION)) {
                Check check = new Check(Long.parseLong(parts[3]), null, parts[4]);
                return of(parts[1], Long.parseLong(parts[2]), check, parts[5], parts[6].equals(SNAPSHOT));
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("Not a resume token of version " + VERSION, null, e);
        }
        throw new InvalidRequestException("Not a resume token of version " + VERSION);
    }

    /**
     * From the form in which tokens are stored.
     *
     * @param tree from {@link #toTree()}
     * @return the place
     * @throws InvalidRequestException if this is none
     */
    public static Position fromTree(Map<String, @Nullable Object> tree) {
        if (tree.get("version") instanceof Number version
                && version.toString().equals(VERSION)
                && tree.get("incarnation") instanceof String incarnation
                && tree.get("position") instanceof Number position
                && tree.get("checkedRow") instanceof Number checkedRow
                && tree.get("digest") instanceof String digest) {
            String filter = tree.get("filter") instanceof String fingerprint ? fingerprint : "";
            return of(
                    incarnation,
                    position.longValue(),
                    new Check(checkedRow.longValue(), null, digest),
                    filter,
                    Boolean.TRUE.equals(tree.get("snapshot")));
        }
        throw new InvalidRequestException(
                "A stored resume token must have version 1, incarnation, position, checkedRow and digest; it has "
                        + tree.keySet());
    }

    private static Position of(String incarnation, long position, Check check, String filter, boolean snapshot) {
        try {
            return new Position(UUID.fromString(incarnation), position, check, filter, snapshot);
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
                Long.toString(id),
                Long.toString(checkedRow()),
                digest(),
                filter,
                snapshot ? SNAPSHOT : "");
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The form in which tokens are stored.
     *
     * @return a JSON object
     */
    public Map<String, @Nullable Object> toTree() {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("version", Integer.valueOf(VERSION));
        tree.put("incarnation", incarnation.toString());
        tree.put("position", id);
        tree.put("checkedRow", checkedRow());
        tree.put("digest", digest());
        tree.put("filter", filter);
        if (snapshot) {
            tree.put("snapshot", true);
        }
        return tree;
    }

    /**
     * The changelog of this position.
     *
     * @return identifies it among changelogs with the same name
     */
    public UUID incarnation() {
        return incarnation;
    }

    /**
     * Everything up to this id lies before the place.
     *
     * @return the id
     */
    public long id() {
        return id;
    }

    /**
     * The row whose digest the token contains.
     *
     * @return its id; 0 if there is none
     */
    public long checkedRow() {
        return check.row();
    }

    /**
     * What that row looked like. Computed late: most tokens are never written anywhere.
     *
     * @return a digest, empty if there is no row
     */
    public String digest() {
        return check.digest();
    }

    /**
     * The same place, with its row.
     *
     * @return the point
     * @throws IllegalStateException if this was read from text or from the database, and its row was not looked up since
     */
    public HistoryPoint point() {
        if (check.facts() == null && check.row() > 0) {
            throw new IllegalStateException("bug: the row of a position was not verified");
        }
        return new HistoryPoint(incarnation, id, check.facts());
    }

    /**
     * Which filter the watch had.
     *
     * @return its fingerprint; empty if none is known
     */
    public String filter() {
        return filter;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Position token && encode().equals(token.encode());
    }

    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }

    @Override
    public String toString() {
        return encode();
    }
}

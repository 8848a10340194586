// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A place in the stream. Opaque: keep it as it is, as text from {@link #encode()}. Immutable.
 *
 * <p>It holds what is needed to notice that history was rewritten since: which changelog, which position, and a digest
 * of a delivered row.
 */
public final class ResumeToken {

    private final Position position;

    ResumeToken(Position position) {
        this.position = position;
    }

    /**
     * Orders tokens of one changelog by their place in it.
     *
     * @return a comparator; it fails with {@link InvalidRequestException} for tokens of different changelogs, which have no
     *     order. Tokens of the same place compare as 0, even if they are not equal because another watch made them
     */
    public static Comparator<ResumeToken> byPosition() {
        return (one, other) -> {
            if (!one.position.incarnation().equals(other.position.incarnation())) {
                throw new InvalidRequestException("Tokens of different changelogs have no order: "
                        + one.position.incarnation() + " and " + other.position.incarnation());
            }
            return Long.compare(one.position.id(), other.position.id());
        };
    }

    /**
     * Reads a token.
     *
     * @param text from {@link #encode()}
     * @return the token
     * @throws InvalidRequestException if this is no token, or one of a later version
     */
    public static ResumeToken parse(String text) {
        return new ResumeToken(Position.parse(text));
    }

    /**
     * The token as text: letters, digits, {@code -} and {@code _}, fewer than 150 of them.
     *
     * @return what {@link #parse} reads
     */
    public String encode() {
        return position.encode();
    }

    Position position() {
        return position;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ResumeToken token && position.equals(token.position);
    }

    @Override
    public int hashCode() {
        return position.hashCode();
    }

    @Override
    public String toString() {
        return encode();
    }
}

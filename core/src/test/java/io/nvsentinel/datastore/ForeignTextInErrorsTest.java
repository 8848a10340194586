// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server says stays one bounded line without control characters in an error and in all its causes. */
class ForeignTextInErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @AfterEach
    void drop() {
        DATABASE.execute("DROP FUNCTION IF EXISTS shout() CASCADE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u001b[2Jb", "a\rb", "a\u009b31mb", "a\u202eb", "a\u2028b", "a\u0085b", "a\u007fb\bc"})
    void aServersMessageIsMadePrintable(String text) {
        for (String state : new String[] {"P0001", "XX000", "53100", "23514"}) {
            raise("U&'" + escaped(text) + "'", state);

            Throwable error = delete();

            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                String message = String.valueOf(cause.getMessage());
                assertThat(Printable.line(message)).as(state).isEqualTo(message);
            }
        }
    }

    @Test
    void aServersMessageIsCutWhenItIsLong() {
        raise("repeat('x', 1000000)", "XX000");

        Throwable error = delete();

        assertThat(error).isInstanceOf(DatastoreException.class);
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            assertThat(cause.getMessage()).hasSizeLessThan(10_000).contains("(cut)");
        }
    }

    @Test
    void everyCharacterIsPrintedOrEscaped() {
        String all = IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(character -> Character.getType(character) == Character.CONTROL
                        || Character.getType(character) == Character.FORMAT
                        || Character.getType(character) == Character.SURROGATE)
                .mapToObj(Character::toString)
                .map(Printable::line)
                .reduce("", String::concat);
        assertThat(all).matches("(\\\\u[0-9a-f]{4})+");
        assertThat(Printable.line("ä € 😀 \"x\" \\")).isEqualTo("ä € 😀 \"x\" \\");
    }

    private static Throwable delete() {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            return catchThrowable(
                    () -> datastore.healthEvents().deleteMany(Filter.all()).block(SOON));
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static void raise(String message, String state) {
        DATABASE.execute(
                "DROP FUNCTION IF EXISTS shout() CASCADE; CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$"
                        + " BEGIN RAISE EXCEPTION '%', " + message + " USING ERRCODE = '" + state + "'; END $$;"
                        + " CREATE TRIGGER shout BEFORE DELETE ON health_events FOR EACH STATEMENT EXECUTE FUNCTION shout()");
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(unit -> escaped.append(String.format("\\%04x", unit)));
        return escaped.toString();
    }
}

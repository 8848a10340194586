// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.table;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.Names;
import java.nio.charset.StandardCharsets;

/** The one way in which a name becomes part of a statement: quoted, and refused where PostgreSQL would cut it short. */
public final class Identifier {

    private static final int MAX_BYTES = 63;

    private Identifier() {}

    /**
     * Quotes a name.
     *
     * @param name the name
     * @return the quoted name
     */
    public static String quote(String name) {
        String complaint = Names.complaint(name);
        if (complaint != null) {
            throw new InvalidRequestException("A name " + complaint);
        }
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > MAX_BYTES || name.contains("{schema}")) {
            throw new InvalidRequestException(
                    "A name must have 1 to " + MAX_BYTES + " bytes, not " + bytes + ", and must not contain {schema}");
        }
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /**
     * Names an object in the datastore's schema.
     *
     * @param name the name
     * @return the quoted name after the placeholder of the schema, which a connection of a session replaces
     */
    public static String qualify(String name) {
        return "{schema}." + quote(name);
    }

    /**
     * A name that a collection may have: the server looks for {@code pg_} in its own catalog first.
     *
     * @param name the name
     * @return the name
     * @throws InvalidRequestException if no collection may have it
     */
    public static String requireCollection(String name) {
        quote(name);
        if (name.startsWith("pg_")) {
            throw new InvalidRequestException("The name of a collection must not begin with pg_, unlike " + name);
        }
        return name;
    }
}

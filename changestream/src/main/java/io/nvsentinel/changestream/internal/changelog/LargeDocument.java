// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

/**
 * Measures documents at the server, so that one that is too large is not sent.
 *
 * <p>The size is that of the document's text, which takes long to make. It is made only if the document could be too large:
 * compression saves at most a factor of 255, and the text has at most 150 times the bytes of the document, because the number
 * 1e999 takes seven bytes.
 */
final class LargeDocument {

    /** {@code #>} with an empty path decompresses the document, and does nothing else. */
    private static final String BYTES = """
            CASE
                WHEN {document} IS NULL OR pg_column_size({document}) * 38250::bigint <= {most} THEN 0
                WHEN pg_column_size({document} #> '{}') * 150::bigint <= {most} THEN 0
                WHEN octet_length({document}::text) <= {most} THEN 0
                ELSE octet_length({document}::text)
            END""";

    private LargeDocument() {}

    /**
     * An expression for the size of a document that is too large.
     *
     * @param document the column
     * @param parameter the number of the parameter for the most bytes
     * @return its bytes; 0 if it is not too large, or null
     */
    static String bytes(String document, int parameter) {
        return BYTES.replace("{document}", document).replace("{most}", "CAST($" + parameter + " AS bigint)");
    }
}

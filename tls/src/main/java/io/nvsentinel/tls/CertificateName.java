// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.util.HexFormat;
import javax.security.auth.x500.X500Principal;

/** The name in a certificate, for messages and logs: its characters were chosen by the maker of the certificate. */
final class CertificateName {

    private static final int LONGEST = 1_000;
    private static final HexFormat HEX = HexFormat.of();

    private CertificateName() {}

    /** In one line of at most about 1,000 characters; control and format characters as {@code \\uXXXX}. */
    static String of(X500Principal principal) {
        String name = principal.toString();
        StringBuilder line = new StringBuilder();
        name.codePoints().limit(LONGEST).forEach(character -> {
            switch (Character.getType(character)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.SURROGATE -> {
                    for (char unit : Character.toChars(character)) {
                        line.append("\\u").append(HEX.toHexDigits(unit));
                    }
                }
                default -> line.appendCodePoint(character);
            }
        });
        return line.toString();
    }
}

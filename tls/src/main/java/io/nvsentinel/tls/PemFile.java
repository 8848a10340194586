// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The PEM blocks of one file, in order. Text around the blocks, Windows line ends, indentation and trailing spaces are
 * accepted, as OpenSSL accepts them.
 *
 * @param path the file
 * @param blocks at least one block
 */
record PemFile(Path path, List<Block> blocks) {

    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    /** Labels go into error messages; where lines ran together, what stands there may be the key. */
    private static final Pattern LABEL = Pattern.compile(
            "(( |^)(X509|CERTIFICATE|TRUSTED|ATTRIBUTE|CRL|CMS|PKCS7|NEW"
                    + "|REQUEST|ENCRYPTED|OPENSSH|SSH2|RSA|DSA|EC|DH|X9.42|PGP|ANY|PRIVATE|PUBLIC|KEY|PARAMETERS|BLOCK|MESSAGE))+");

    /**
     * One block.
     *
     * @param label what stands behind BEGIN
     * @param headers the RFC 1421 headers of an encrypted block in the old style
     * @param content the decoded content
     */
    record Block(String label, Map<String, String> headers, byte[] content) {

        boolean isPrivateKey() {
            return label.endsWith("PRIVATE KEY");
        }
    }

    /** Splits a file into its blocks; {@code accepted} says in an error what should have been there. */
    static PemFile parse(FileContent file, String accepted) {
        List<Block> blocks = new ArrayList<>();
        // PEM is ASCII; ISO 8859-1 maps every other octet to itself, so leading text in any encoding is harmless.
        List<String> lines =
                new String(file.bytes(), StandardCharsets.ISO_8859_1).lines().toList();
        int line = 0;
        while (line < lines.size()) {
            int begin = lines.get(line).indexOf(BEGIN);
            if (begin < 0) {
                line++;
                continue;
            }
            String label = label(file, lines.get(line).substring(begin + BEGIN.length()));
            int end = endOf(file, lines, line, label);
            blocks.add(block(file, label, lines.subList(line + 1, end)));
            line = end + 1;
        }
        if (blocks.isEmpty()) {
            throw TlsException.of(
                    Reason.UNREADABLE_CONTENT, file.path(), "found " + file.kind() + "; accepted is " + accepted);
        }
        return new PemFile(file.path(), List.copyOf(blocks));
    }

    /** The labels of the blocks, for error messages. */
    String found() {
        return blocks.stream().map(Block::label).distinct().collect(Collectors.joining(", "));
    }

    private static String label(FileContent file, String rest) {
        int end = rest.indexOf(DASHES);
        if (end < 0) {
            throw TlsException.of(Reason.UNREADABLE_CONTENT, file.path(), "found a truncated PEM BEGIN line");
        }
        String label = rest.substring(0, end);
        if (!LABEL.matcher(label).matches()) {
            throw TlsException.of(
                    Reason.UNREADABLE_CONTENT,
                    file.path(),
                    "found a PEM BEGIN line with a label that is unknown or damaged");
        }
        return label;
    }

    private static int endOf(FileContent file, List<String> lines, int begin, String label) {
        for (int i = begin + 1; i < lines.size(); i++) {
            if (lines.get(i).strip().equals(END + label + DASHES)) {
                return i;
            }
        }
        throw TlsException.of(
                Reason.UNREADABLE_CONTENT,
                file.path(),
                "found BEGIN " + label + " without its END line; the file is truncated or incompletely written");
    }

    private static Block block(FileContent file, String label, List<String> lines) {
        Map<String, String> headers = new LinkedHashMap<>();
        StringBuilder base64 = new StringBuilder();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && base64.isEmpty()) {
                headers.put(
                        line.substring(0, colon).strip(),
                        line.substring(colon + 1).strip());
            } else {
                base64.append(line.strip());
            }
        }
        try {
            return new Block(label, headers, Base64.getDecoder().decode(base64.toString()));
        } catch (IllegalArgumentException e) {
            // Without the cause: the decoder's message quotes the content.
            throw TlsException.of(Reason.UNREADABLE_CONTENT, file.path(), "found " + label + " that is not base64");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The login rules of an embedded server: its TLS material and its {@code pg_hba.conf}.
 *
 * @param tls null for a server without TLS
 * @param hbaLines additional lines, before the lines of the users
 * @param certificateUsers users that need a client certificate with their name
 * @param passwordUsers users and their passwords
 */
record ServerAccess(
        @Nullable TlsMaterial tls,
        List<String> hbaLines,
        List<String> certificateUsers,
        Map<String, String> passwordUsers) {

    /** The administrator can log in from this machine: only local processes can reach the port. */
    private static final List<String> ADMIN_LINES =
            List.of("host all postgres 127.0.0.1/32 trust", "host all postgres ::1/128 trust");

    /** Roles that tests create log in with their passwords; standbys and what the server's own programs do need none. */
    private static final List<String> DEFAULT_LINES = List.of(
            "local all all trust",
            "local replication all trust",
            "host replication all 127.0.0.1/32 trust",
            "host replication all ::1/128 trust",
            "host all all 127.0.0.1/32 scram-sha-256",
            "host all all ::1/128 scram-sha-256");

    private static final String CERTIFICATES = "server.crt";
    private static final String KEY = "server.key";
    private static final String CLIENT_AUTHORITIES = "root.crt";

    ServerAccess {
        hbaLines = List.copyOf(hbaLines);
        certificateUsers = List.copyOf(certificateUsers);
        passwordUsers = Map.copyOf(passwordUsers);
        if (tls == null && !certificateUsers.isEmpty()) {
            throw new IllegalStateException(
                    "Users with certificates " + certificateUsers + " need a server with TLS: call tls(...) too");
        }
    }

    /** Writes the files that a server reads when it starts. */
    void writeTo(Path data) throws IOException {
        if (tls != null) {
            writeTls(data, tls);
        }
        List<String> lines = new ArrayList<>(ADMIN_LINES);
        String connection = tls == null ? "host" : "hostssl";
        lines.addAll(hbaLines);
        certificateUsers.forEach(user -> lines.add("hostssl all \"" + user + "\" all cert clientcert=verify-full"));
        passwordUsers.keySet().forEach(user -> lines.add(connection + " all \"" + user + "\" all scram-sha-256"));
        if (lines.size() == ADMIN_LINES.size()) {
            lines.addAll(DEFAULT_LINES);
        }
        Files.write(data.resolve("pg_hba.conf"), lines);
    }

    static void writeTls(Path data, TlsMaterial material) throws IOException {
        Files.writeString(data.resolve(CERTIFICATES), material.certificates());
        Files.writeString(data.resolve(CLIENT_AUTHORITIES), material.clientAuthorities());
        Path key = data.resolve(KEY);
        if (!Files.exists(key)) {
            // The server refuses a key that others may read.
            Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(key, material.key(), StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** The settings that go with the files. */
    Map<String, String> settings() {
        return tls == null
                ? Map.of()
                : Map.of(
                        "ssl", "on",
                        "ssl_cert_file", CERTIFICATES,
                        "ssl_key_file", KEY,
                        "ssl_ca_file", CLIENT_AUTHORITIES);
    }

    @Override
    public String toString() {
        return "ServerAccess[tls " + (tls == null ? "off" : "on") + ", users " + certificateUsers + " "
                + passwordUsers.keySet() + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What an embedded server's data directory must hold before the server starts. */
record EmbeddedSetup(
        Map<String, String> settings,
        @Nullable Integer majorVersion,
        Duration startWait,
        ServerAccess access,
        @Nullable Path dataParent) {

    /** The library passes these on the command line, which beats the configuration file: there they must be replaced. */
    private static final Set<String> COMMAND_LINE =
            Set.of("fsync", "max_connections", "synchronous_commit", "timezone");

    EmbeddedSetup {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(access.settings());
        settings = Map.copyOf(all);
    }

    void applyTo(EmbeddedPostgres.Builder builder) {
        applyCommandLine(builder);
        builder.setDataDirectoryCustomizer(directory -> fill(directory.toPath()));
    }

    /** What does not stand in the data directory. */
    void applyCommandLine(EmbeddedPostgres.Builder builder) {
        settings.forEach((name, value) -> {
            if (COMMAND_LINE.contains(name)) {
                builder.setServerConfig(name, value);
            }
        });
        builder.setPort(Ports.free());
        builder.setPGStartupWait(startWait);
    }

    /** Refuses a value that cannot be passed on as it is. */
    static void checkValue(String name, String value) {
        if (COMMAND_LINE.contains(name) && !value.matches("[A-Za-z0-9_/+.:-]+")) {
            throw new IllegalArgumentException("The value '" + value + "' of " + name + " is not a plain word");
        }
        if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("The value of " + name + " has a line break");
        }
    }

    private void fill(Path data) {
        try {
            checkVersion(Files.readString(data.resolve("PG_VERSION")).strip());
            access.writeTo(data);
            Files.writeString(data.resolve("postgresql.conf"), configuration(), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checkVersion(String found) {
        if (majorVersion != null && !found.equals(majorVersion.toString())) {
            throw new IllegalStateException(
                    "The PostgreSQL binaries on the class path have version " + found + ", wanted is "
                            + majorVersion + ": run the build with -Dpostgres=" + majorVersion
                            + ", which chooses the binaries and sets the property " + SharedServer.MAJOR);
        }
    }

    private String configuration() {
        return settings.entrySet().stream()
                .filter(setting -> !COMMAND_LINE.contains(setting.getKey()))
                .map(setting -> setting.getKey() + " = '" + setting.getValue().replace("'", "''") + "'\n")
                .collect(Collectors.joining("", "\n", ""));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Passwords in the wrong place are not shown by the error that says so, nor by what connecting logs or fails with. */
class MisplacedSecretsTest {

    private static final String SECRET = "S3cr3t-hunter2";

    private static final List<String> FORMS = List.of(
            "%s",
            "postgresql://u:%s@db/x",
            "postgres://u:%s@db:5432/x?sslmode=require",
            "jdbc:postgresql://db/x?user=u&password=%s",
            "u:%s@db",
            "host=db password=%s",
            "host=db password = '%s'",
            "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----",
            "connection:\n  password: %s\n",
            "a,%s@b",
            "[%s]:x");

    private static final Map<String, String> MINIMAL = Map.of(
            "DATASTORE_HOST", "127.0.0.1",
            "DATASTORE_PORT", "1",
            "DATASTORE_DATABASE", "d",
            "DATASTORE_USERNAME", "u");

    static Stream<String> variables() {
        // A short secret without any mark is a host, database, user or application name like any other.
        return Stream.concat(
                Options.ALL.stream().map(Option::variable),
                Stream.of("DATASTORE_PROVIDER", "DATASTORE_URL", "DATASTORE_YAML", "DATASTORE_YAML_PATH"));
    }

    @ParameterizedTest
    @MethodSource("variables")
    void inVariables(String variable) {
        for (String form : FORMS) {
            boolean isAName = List.of("%s", "a,%s@b", "[%s]:x").contains(form)
                    && List.of(
                                    "DATASTORE_HOST",
                                    "DATASTORE_DIRECT_HOST",
                                    "DATASTORE_READ_HOSTS",
                                    "DATASTORE_DATABASE",
                                    "DATASTORE_USERNAME",
                                    "DATASTORE_SCHEMA",
                                    "APP_NAME")
                            .contains(variable);
            if (!isAName) {
                Map<String, String> environment = new HashMap<>(MINIMAL);
                environment.put(variable, String.format(form, SECRET));
                environment.putIfAbsent("DATASTORE_SSLMODE", "disable");
                assertHidden(variable + "=" + form, () -> DatastoreOptions.fromEnvironment(environment));
            }
        }
    }

    @Test
    void asAHostThatCanBeNone() {
        for (String secret : List.of(
                "hunter2!",
                "hunter2 hunter2",
                "hunter2$x",
                "hunter2%x",
                "hunter2=",
                "hunter2+/x",
                "hunter2~x",
                "hunter2*",
                "hünter2hunter2",
                "hunter2..x",
                ".hunter2",
                "[hunter2]",
                "[hunter2]:5432",
                "db,hunter2!",
                "hunter2!:5432",
                "hunter2:x:y",
                "hunter2".repeat(10))) {
            for (String variable : List.of("DATASTORE_HOST", "DATASTORE_DIRECT_HOST", "DATASTORE_READ_HOSTS")) {
                Map<String, String> environment = new HashMap<>(MINIMAL);
                environment.put("DATASTORE_SSLMODE", "disable");
                environment.put(variable, secret);
                assertHidden(variable + "=" + secret, () -> DatastoreOptions.fromEnvironment(environment));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("variables")
    void inFilePathsThatAreRead(String variable) {
        Map<String, String> environment = new HashMap<>(MINIMAL);
        environment.put("DATASTORE_SSLMODE", "verify-full");
        environment.put("DATASTORE_SSLCERT", "/certs/tls.crt");
        environment.put("DATASTORE_SSLKEY", "/certs/tls.key");
        environment.put("DATASTORE_SSLROOTCERT", "/certs/ca.crt");
        if (variable.startsWith("DATASTORE_SSL") && !variable.equals("DATASTORE_SSLMODE")) {
            environment.put(variable, SECRET);
            assertHidden(variable, () -> DatastoreOptions.fromEnvironment(environment));
        }
    }

    @Test
    void inYaml() {
        for (String yaml : List.of(
                "connection: %s",
                "connection:\n  password:\n    %s: x\n",
                "connection:\n  password: [%s]\n",
                "connection:\n  password: x\n  %s: y\n",
                "connection:\n  password: x\n  %s: y\n  %s: z\n",
                "connection:\n  port: %s\n",
                "connection:\n  host: u:%s@db\n",
                "connection:\n  sslmode: %s\n",
                "connection:\n  extraParams:\n    %s: x\n",
                "connection:\n  extraParams:\n    work_mem: 1\n    ? {%s: x}\n    : y\n",
                "connection:\n  extraParams: %s\n",
                "connection:\n  extraParams: application_name=%s\n",
                "connection:\n  extraParams: %s=1 %s=2\n",
                "provider: %s",
                "options:\n  pollInterval: %s\n",
                "options:\n  maxConnections: %s\n",
                "%s",
                "%s: {",
                "\"%s",
                "a: *%s",
                "!%s x",
                "%%TAG ! %s\n---\n",
                "- %s")) {
            String text = yaml.replace("%s", SECRET).replace("%%", "%");
            assertHidden(
                    yaml,
                    () -> DatastoreOptions.builder()
                            .host("127.0.0.1")
                            .port(1)
                            .database("d")
                            .username("u")
                            .yaml(text)
                            .build());
        }
    }

    private static void assertHidden(String place, Supplier<DatastoreOptions> reading) {
        StringBuilder shown = new StringBuilder();
        Throwable error = catchThrowable(() -> {
            DatastoreOptions options = reading.get();
            shown.append(options).append(options.configured());
            Datastore.connect(options).block(Duration.ofSeconds(30));
        });
        StringWriter printed = new StringWriter();
        if (error != null) {
            error.printStackTrace(new PrintWriter(printed));
        }
        assertThat(shown + " " + printed).as(place).doesNotContain(SECRET).doesNotContainIgnoringCase("hunter2");
    }
}

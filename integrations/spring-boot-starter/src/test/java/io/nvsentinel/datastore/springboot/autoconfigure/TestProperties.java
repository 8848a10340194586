// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What an application on the database of a test is given. */
final class TestProperties {

    private TestProperties() {}

    static String[] of(PostgresDatabase extension) {
        TestDatabase database = extension.get();
        String password = database.password() == null ? "" : database.password();
        return List.of(
                        "host=" + database.host(),
                        "port=" + database.port(),
                        "database=" + database.name(),
                        "username=" + database.user(),
                        "password=" + password,
                        "ssl-mode=disable",
                        "max-connections=4")
                .stream()
                .map(property -> "nvsentinel.datastore." + property)
                .toArray(String[]::new);
    }

    static DatastoreOptions options(PostgresDatabase extension) {
        Map<String, String> properties = Arrays.stream(of(extension))
                .map(property ->
                        property.substring("nvsentinel.datastore.".length()).split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return DatastoreOptions.builder().properties("", properties).build();
    }

    static ApplicationContextRunner runner() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DatastoreAutoConfiguration.class,
                        ChangeStreamsAutoConfiguration.class,
                        DatastoreHealthAutoConfiguration.class,
                        DatastoreMetricsAutoConfiguration.class));
    }
}

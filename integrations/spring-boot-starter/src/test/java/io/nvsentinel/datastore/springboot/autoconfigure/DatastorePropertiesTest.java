// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The properties as Spring Boot reads them from files and variables. */
@Tag("essential")
class DatastorePropertiesTest {

    private static final Map<String, Object> REQUIRED = Map.of(
            "nvsentinel.datastore.host", "h",
            "nvsentinel.datastore.database", "d",
            "nvsentinel.datastore.username", "u");

    private static StandardEnvironment environment(Map<String, Object> variables, Map<String, Object> properties) {
        StandardEnvironment environment = new StandardEnvironment() {
            @Override
            public Map<String, Object> getSystemEnvironment() {
                return variables;
            }
        };
        environment.getPropertySources().addLast(new MapPropertySource("file", properties));
        environment
                .getPropertySources()
                .replace("systemEnvironment", new SystemEnvironmentPropertySource("systemEnvironment", variables));
        ConfigurationPropertySources.attach(environment);
        return environment;
    }

    private static DatastoreOptions options(Map<String, Object> variables, Map<String, Object> properties) {
        Map<String, Object> all = new HashMap<>(REQUIRED);
        all.putAll(properties);
        return DatastoreProperties.of(environment(variables, all)).options().build();
    }

    @Test
    void propertiesOfFilesAndVariablesAreRead() {
        DatastoreOptions options = options(
                Map.of("NVSENTINEL_DATASTORE_MAXCONNECTIONS", "7"),
                Map.of(
                        "nvsentinel.datastore.ssl-mode", "verify-full",
                        "nvsentinel.datastore.acquireTimeout", "3s",
                        "nvsentinel.datastore.extra-params", "work_mem=16MB jit=off",
                        "app.password", "secret",
                        "nvsentinel.datastore.password", "${app.password}",
                        "nvsentinel.datastore.enabled", "true",
                        "nvsentinel.datastore.changestream.batch-size", "5"));

        assertThat(options.maxConnections()).isEqualTo(7);
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_FULL);
        assertThat(options.acquireTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(options.extraParams()).containsEntry("work_mem", "16MB").containsEntry("jit", "off");
        assertThat(options.password()).isEqualTo("secret");
    }

    @Test
    void propertiesWinOverTheLibrarysOwnVariables() {
        DatastoreOptions options = options(
                Map.of("DATASTORE_HOST", "variable", "DATASTORE_PORT", "6543", "APP_NAME", "drainer"), Map.of());

        assertThat(options.host()).isEqualTo("h");
        assertThat(options.port()).isEqualTo(6543);
        assertThat(options.applicationName()).isEqualTo("drainer");
    }

    @Test
    void anUnknownPropertyIsRejected() {
        assertThatThrownBy(() -> options(Map.of(), Map.of("nvsentinel.datastore.max-conections", "7")))
                .hasMessage("unknown property nvsentinel.datastore.max-conections (did you mean max-connections?)");
    }

    @Test
    void variablesOfAServiceOfKubernetesAreIgnored() {
        Map<String, Object> links = Map.of(
                "NVSENTINEL_DATASTORE_SERVICE_HOST", "10.0.0.1",
                "NVSENTINEL_DATASTORE_PORT", "tcp://10.0.0.1:5432",
                "NVSENTINEL_DATASTORE_PORT_5432_TCP_ADDR", "10.0.0.1");

        assertThat(options(links, Map.of()).port()).isEqualTo(5432);
    }

    @Test
    void everyPropertyOfTheStreamsTakesEffect() {
        StandardEnvironment environment = environment(
                Map.of(),
                Map.of(
                        "nvsentinel.datastore.changestream.poll-interval", "7s",
                        "nvsentinel.datastore.changestream.batch-size", "11",
                        "nvsentinel.datastore.changestream.max-batch-bytes", "1MB",
                        "nvsentinel.datastore.changestream.listen", "false",
                        "nvsentinel.datastore.changestream.max-outage", "1m"));
        ChangeStreamOptions options = Binder.get(environment)
                .bind(ChangeStreamProperties.PREFIX, ChangeStreamProperties.class)
                .get()
                .options()
                .build();

        assertThat(options.pollInterval()).contains(Duration.ofSeconds(7));
        assertThat(options.batchSize()).isEqualTo(11);
        assertThat(options.maxBatchBytes()).isEqualTo(1 << 20);
        assertThat(options.listen()).isFalse();
        assertThat(options.maxOutage()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void withoutPropertiesTheStreamsHaveTheirDefaults() {
        assertThat(new ChangeStreamProperties(null, null, null, null, null)
                        .options()
                        .build())
                .hasToString(ChangeStreamOptions.builder().build().toString());
    }
}

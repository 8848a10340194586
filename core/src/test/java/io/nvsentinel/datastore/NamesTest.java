// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.table.Identifier;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names and start-up values that the server would read as something else than was given. */
@Tag("essential")
class NamesTest {

    private static final List<String> WRONG = List.of(
            "x\0default_transaction_read_only\0on",
            "x\0",
            "\0",
            "a\ud800",
            "\udc00a",
            "a\ud800b",
            "a\nb",
            "a\u007fb",
            "a\u0085b");

    private static final Map<String, BiFunction<DatastoreOptions.Builder, String, DatastoreOptions.Builder>> OPTIONS =
            Map.of(
                    "host", DatastoreOptions.Builder::host,
                    "directHost", DatastoreOptions.Builder::directHost,
                    "readHosts", DatastoreOptions.Builder::readHosts,
                    "database", DatastoreOptions.Builder::database,
                    "username", DatastoreOptions.Builder::username,
                    "schema", DatastoreOptions.Builder::schema,
                    "applicationName", DatastoreOptions.Builder::applicationName,
                    "extraParams", (builder, value) -> builder.extraParams(Map.of("work_mem", value)));

    @Test
    void areRefusedInEveryOption() {
        OPTIONS.forEach((option, setter) -> {
            for (String wrong : WRONG) {
                DatastoreOptions.Builder builder =
                        DatastoreOptions.builder().host("h").database("d").username("u");
                assertThatThrownBy(() -> setter.apply(builder, wrong).build())
                        .as(option)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining(option);
            }
        });
    }

    @Test
    void areRefusedInPasswordsWithoutShowingThem() {
        for (String wrong : List.of("hunter\0two", "hunter\ud800")) {
            assertThatThrownBy(() -> DatastoreOptions.builder()
                            .host("h")
                            .database("d")
                            .username("u")
                            .password(wrong)
                            .build())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("password must not contain")
                    .hasMessageNotContaining("hunter");
        }
    }

    @Test
    void areRefusedAsCollections() {
        for (String wrong : WRONG) {
            assertThatThrownBy(() -> Identifier.requireCollection(wrong)).isInstanceOf(InvalidRequestException.class);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.DatastoreOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TargetTest {

    @Test
    void theUrlWinsOverTheEnvironmentAndNeitherMeansEmbedded() {
        Map<String, String> environment =
                Map.of("DATASTORE_HOST", "env", "DATASTORE_DATABASE", "db", "DATASTORE_USERNAME", "me");

        assertThat(Target.named(null, Map.of())).isNull();
        assertThat(Target.named(null, environment)).satisfies(target -> {
            assertThat(target.options().host()).isEqualTo("env");
            assertThat(target.nodePrefix()).isEqualTo("quickstart-");
        });
        assertThat(Target.named(null, Map.of("DATASTORE_URL", "postgresql://me@url/db")))
                .satisfies(target -> assertThat(target.options().host()).isEqualTo("url"));
        assertThat(Target.named("postgresql://me@url/db", environment))
                .satisfies(target -> assertThat(target.options().host()).isEqualTo("url"));
    }

    @Test
    void everyRunOnASharedServerHasAClientOfItsOwn() {
        DatastoreOptions options = DatastoreOptions.fromUrl("postgresql://me@host/db");

        assertThat(Target.own(options).clientName())
                .isNotEqualTo(Target.own(options).clientName());
    }
}

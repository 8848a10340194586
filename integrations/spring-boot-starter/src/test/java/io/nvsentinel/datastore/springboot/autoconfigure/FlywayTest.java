// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The application's own Flyway and the datastore's migrations, in one database and one schema. */
class FlywayTest {

    @RegisterExtension
    static final PostgresDatabase FRESH = PostgresDatabase.empty();

    @RegisterExtension
    static final PostgresDatabase EXISTING = PostgresDatabase.empty();

    private static ApplicationContextRunner runner(PostgresDatabase extension) {
        TestDatabase database = extension.get();
        return TestProperties.runner()
                .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues(TestProperties.of(extension))
                .withPropertyValues(
                        "spring.flyway.url=" + database.jdbcUrl(),
                        "spring.flyway.user=" + database.user(),
                        "spring.flyway.password=" + (database.password() == null ? "" : database.password()));
    }

    @Test
    void theApplicationsMigrationsRunFirstAndAreNotOurs() {
        for (int start = 1; start <= 2; start++) {
            runner(FRESH).run(context -> {
                assertThat(context).hasNotFailed().hasSingleBean(Datastore.class);
                assertThat(context.getBean(Flyway.class).info().applied())
                        .extracting(migration -> migration.getScript())
                        .containsExactly("V1__application_table.sql");
            });
        }
        assertThat(FRESH.queryForString("SELECT count(*) FROM application_table, health_events"))
                .isEqualTo("0");
    }

    /** In a database that the datastore has used before, as docs/spring-boot.md says. */
    @Test
    void theApplicationsFlywayStartsInAnExistingDatabaseWithABaseline() {
        TestProperties.runner()
                .withPropertyValues(TestProperties.of(EXISTING))
                .run(context -> assertThat(context).hasNotFailed());
        runner(EXISTING).run(context -> assertThat(context).hasFailed());

        runner(EXISTING)
                .withPropertyValues("spring.flyway.baseline-on-migrate=true", "spring.flyway.baseline-version=0")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Datastore.class));
        assertThat(EXISTING.queryForString("SELECT count(*) FROM application_table, health_events"))
                .isEqualTo("0");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.MisconfiguredException;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.UnavailableException;
import io.nvsentinel.tls.TlsContext;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Brings the schema up to date, or checks that it is. Flyway blocks, so it runs on threads that may. */
public final class SchemaMigrations {

    private static final String LOCATION = "classpath:io/nvsentinel/datastore/schema";
    private static final String HISTORY_TABLE = "nvsentinel_schema_history";

    private final DatastoreOptions options;
    private final @Nullable TlsContext tls;

    /**
     * Prepares; connects to nothing yet.
     *
     * @param options where and how to connect
     * @param tls how to encrypt, or null for plain text
     */
    public SchemaMigrations(DatastoreOptions options, @Nullable TlsContext tls) {
        this.options = options;
        this.tls = tls;
    }

    /**
     * Does what the schema mode says.
     *
     * @return cold; completes when the schema fits; fails with {@link MisconfiguredException} when it does not
     */
    public Mono<Void> run() {
        return switch (options.schemaMode()) {
            case NONE -> Mono.empty();
            case MIGRATE -> blocking(SchemaMigrations::migrate);
            case VALIDATE -> blocking(SchemaMigrations::requireCurrent);
        };
    }

    private Mono<Void> blocking(FlywayStep step) {
        return Mono.<Void>fromRunnable(() -> apply(step)).subscribeOn(Schedulers.boundedElastic());
    }

    private void apply(FlywayStep step) {
        try {
            step.run(flyway());
        } catch (FlywayException e) {
            throw translate(e);
        }
    }

    private RuntimeException translate(FlywayException error) {
        SQLException sql = sqlCause(error);
        String state = sql == null ? null : sql.getSQLState();
        String reason = sql == null ? firstLine(error) : firstLine(sql);
        String message = "The schema of " + options.host() + ":" + options.port() + "/" + options.database()
                + " cannot be brought up to date: " + reason;
        boolean connection =
                state != null && (state.startsWith("08") || state.startsWith("57P") || state.startsWith("53"));
        return connection
                ? new UnavailableException(message, state, error)
                : new MisconfiguredException(message, state, error);
    }

    /**
     * Again if another starter came first: Flyway asks whether the schema is empty before it takes its lock, and fails
     * when it finds the other's tables where it meant to begin.
     */
    private static void migrate(Flyway flyway) {
        try {
            flyway.migrate();
        } catch (FlywayException e) {
            if (flyway.info().current() == null) {
                throw e;
            }
            flyway.migrate();
        }
    }

    private static void requireCurrent(Flyway flyway) {
        MigrationInfo[] pending = flyway.info().pending();
        if (pending.length > 0) {
            MigrationInfo current = flyway.info().current();
            throw new MisconfiguredException("The schema is at version "
                    + (current == null ? "none" : current.getVersion())
                    + " and needs " + pending[pending.length - 1].getVersion()
                    + ": apply the pending SQL migrations (" + pending.length + "), for example by starting once with "
                    + SchemaMode.MIGRATE + " as a user who may create tables");
        }
    }

    private Flyway flyway() {
        FluentConfiguration configuration = Flyway.configure(SchemaMigrations.class.getClassLoader())
                .dataSource(dataSource())
                .locations(LOCATION)
                .table(HISTORY_TABLE)
                .defaultSchema(options.schema())
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .connectRetries(0)
                .validateMigrationNaming(true);
        return configuration.load();
    }

    private PGSimpleDataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {options.host()});
        source.setPortNumbers(new int[] {options.port()});
        source.setDatabaseName(options.database());
        source.setUser(options.username());
        source.setPassword(options.password());
        source.setApplicationName(options.applicationName() + " migrations");
        source.setConnectTimeout((int) Math.max(1, options.connectTimeout().toSeconds()));
        applyTls(source);
        return source;
    }

    private void applyTls(PGSimpleDataSource source) {
        if (tls == null) {
            source.setSslMode("disable");
            return;
        }
        try {
            for (var property : tls.jdbcProperties().entrySet()) {
                source.setProperty(property.getKey(), property.getValue());
            }
        } catch (SQLException e) {
            throw new IllegalStateException("bug: pgjdbc refuses one of our TLS properties", e);
        }
    }

    private static @Nullable SQLException sqlCause(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    private static String firstLine(Throwable error) {
        return String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
    }

    private interface FlywayStep {
        void run(Flyway flyway);
    }
}

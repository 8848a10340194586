// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.SchemaStatus;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.nvsentinel.datastore.internal.schema.PrimarySource.Statements;
import io.nvsentinel.tls.TlsContext;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Brings the schema up to date, or checks that it is. Flyway blocks, so it runs on threads that may. */
public final class SchemaMigrations {

    private static final String LOCATION = "classpath:io/nvsentinel/datastore/schema";
    private static final String HISTORY_TABLE = "nvsentinel_schema_history";

    /**
     * Flyway's own lock would otherwise keep a transaction open, for which a concurrent index build waits forever. By
     * its name, for the class of that option is another one in each major version.
     */
    private static final Map<String, String> NO_TRANSACTIONAL_LOCK =
            Map.of("flyway.postgresql.transactional.lock", "false");

    private final DatastoreOptions options;
    private final PGSimpleDataSource questions;
    private final PGSimpleDataSource changes;
    private final @Nullable TlsContext tls;
    private final IdempotencyIndex index;
    private final ServerProbe probe;

    /**
     * Prepares; connects to nothing yet.
     *
     * @param options where and how to connect
     * @param tls how to encrypt, or null for plain text
     */
    public SchemaMigrations(DatastoreOptions options, @Nullable TlsContext tls) {
        this.options = options;
        this.questions = new PrimarySource(options, tls, Statements.QUESTIONS);
        this.changes = new PrimarySource(options, tls, Statements.CHANGES);
        this.tls = tls;
        this.index = new IdempotencyIndex(questions, changes, options.schema());
        this.probe = new ServerProbe(questions, options.schema());
    }

    /**
     * Does what the schema mode says.
     *
     * @return cold; completes when the schema fits; fails with {@link ConfigurationException} when it does not
     */
    public Mono<Void> run() {
        return switch (options.schemaMode()) {
            case NONE -> Mono.empty();
            case MIGRATE -> blocking("cannot be migrated", this::migrate);
            case VALIDATE ->
                new SchemaWait(
                                blocking("cannot be checked", this::requireCurrent),
                                options.schemaWait(),
                                Schedulers.parallel())
                        .untilReady();
        };
    }

    /**
     * Probes the server with two sessions.
     *
     * @return cold; completes if the server keeps what change streams assume; fails with {@link ConfigurationException}
     *     if it does not, or if this user lacks a privilege
     */
    public Mono<Void> probe() {
        return blocking("cannot be probed", probe::run);
    }

    /**
     * Looks which migrations the database has.
     *
     * @return cold; emits the status
     */
    public Mono<SchemaStatus> status() {
        AtomicReference<@Nullable SchemaStatus> status = new AtomicReference<>();
        return blocking(
                        "cannot be read",
                        () -> status.set(statusOf(flyway(questions).info())))
                .then(Mono.fromSupplier(status::get));
    }

    private static SchemaStatus statusOf(MigrationInfoService info) {
        MigrationInfo current = info.current();
        return new SchemaStatus(
                current == null ? null : version(current),
                Arrays.stream(info.all())
                        .filter(one -> one.getState().isResolved() && one.getVersion() != null)
                        .reduce((one, next) -> next)
                        .map(SchemaMigrations::version)
                        .orElseThrow(),
                Arrays.stream(info.pending()).map(SchemaMigrations::text).toList(),
                steps(info, state -> state.isApplied() && !state.isResolved() && state != MigrationState.BASELINE),
                steps(info, MigrationState::isFailed));
    }

    private static List<String> steps(MigrationInfoService info, Predicate<MigrationState> wanted) {
        return Arrays.stream(info.all())
                .filter(one -> wanted.test(one.getState()))
                .map(SchemaMigrations::text)
                .toList();
    }

    private static String text(MigrationInfo step) {
        return version(step) + " " + step.getDescription();
    }

    private static String version(MigrationInfo step) {
        return String.valueOf(step.getVersion());
    }

    /** The failure is passed as a value: an error after a cancellation would otherwise be logged as dropped. */
    private Mono<Void> blocking(String failure, Step step) {
        String what =
                "The schema of " + Addresses.text(options.directAddresses()) + "/" + options.database() + " " + failure;
        return Mono.fromCallable(() -> failureOf(step, what))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(error -> error.map(Mono::<Void>error).orElseGet(Mono::empty));
    }

    private Throwable explained(Exception error) {
        return tls == null ? error : tls.explain(error);
    }

    private Optional<Throwable> failureOf(Step step, String what) {
        try {
            step.run();
            return Optional.empty();
        } catch (SQLException | RuntimeException e) {
            return Optional.of(JdbcErrors.translate(explained(e), what));
        } catch (LinkageError | VirtualMachineError e) {
            return Optional.of(ForeignCode.failure(e));
        }
    }

    private void migrate() throws SQLException {
        new MigrationLock(questions, options.schemaWait())
                .holding(
                        () -> {
                            ServerSettings.require(questions);
                            new ForeignObjects(questions, options.schema()).refuse();
                            new MigrationRights(questions, options.schema(), HISTORY_TABLE).require();
                            flyway(changes).migrate();
                            index.ensure();
                            probe.ensure(options.skipServerProbe());
                        },
                        this::isCurrent);
    }

    private boolean isCurrent() throws SQLException {
        return flyway(questions).info().pending().length == 0 && index.isUsable();
    }

    private void requireCurrent() throws SQLException {
        ServerSettings.require(questions);
        Flyway flyway = flyway(questions);
        MigrationInfo[] pending = flyway.info().pending();
        if (pending.length > 0) {
            MigrationInfo current = flyway.info().current();
            throw new SchemaNotReadyException("The schema is at version "
                    + (current == null ? "none" : current.getVersion())
                    + " and requires " + pending[pending.length - 1].getVersion() + ": "
                    + (current == null
                            ? "apply the SQL files, all together with psql -f docs/postgresql-schema.sql, or"
                            : "apply the pending SQL migrations (" + pending.length + "), for example")
                    + " by starting one instance with " + SchemaMode.MIGRATE
                    + " as a user with the privilege to create tables");
        }
        index.require();
        probe.ensure(options.skipServerProbe());
    }

    private Flyway flyway(PGSimpleDataSource source) {
        return Flyway.configure(SchemaMigrations.class.getClassLoader())
                .configuration(NO_TRANSACTIONAL_LOCK)
                .dataSource(source)
                .locations(LOCATION)
                .table(HISTORY_TABLE)
                .defaultSchema(options.schema())
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .connectRetries(0)
                .validateMigrationNaming(true)
                .load();
    }

    interface Step {
        void run() throws SQLException;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.ReadPosition;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.tls.TlsStatus;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connected datastore: the entry point of the library. Thread-safe; one instance serves a whole process. The code
 * that connects it must close it.
 *
 * <pre>{@code
 * Datastore.connect(DatastoreOptions.fromEnvironment())
 *         .flatMapMany(datastore -> datastore.healthEvents().findByNode("gpu-node-0001"))
 *         .subscribe(event -> System.out.println(event.document()));
 * }</pre>
 */
public interface Datastore extends DatastoreSession {

    /**
     * Connects: reads the certificates, migrates or checks the schema according to
     * {@link DatastoreOptions#schemaMode()}, and checks that the server answers.
     *
     * @param options the options
     * @return cold; emits the datastore when it is ready, which may take up to {@link DatastoreOptions#schemaWait()};
     *     always terminates; fails with {@link ConfigurationException} when an operator must act, for example if
     *     libraries on the class path are incompatible, and with {@link UnavailableException} if a retry may help;
     *     after a failure and a cancellation, everything that was opened is closed;
     *     {@code Mono.usingWhen(Datastore.connect(options), work, Datastore::close)} closes it in every case, even if
     *     cancellation races with the result
     */
    static Mono<Datastore> connect(DatastoreOptions options) {
        return DefaultDatastore.connect(options, null);
    }

    /**
     * As {@link #connect(DatastoreOptions)}, with a listener.
     *
     * @param options the options of the connection
     * @param listener receives the events of the datastore, for example
     *     {@link io.nvsentinel.datastore.metrics.DatastoreMetrics}
     * @return cold; as {@link #connect(DatastoreOptions)}
     */
    static Mono<Datastore> connect(DatastoreOptions options, DatastoreListener listener) {
        return DefaultDatastore.connect(options, listener);
    }

    /**
     * Checks what change streams assume of the server: that the changelog's sequence generates ids one at a time for the changelog
     * alone; and, with two sessions that roll back, that the lock of a writer is visible before it draws an id and until its row
     * is visible, that ids rise in the order in which they are drawn, and that an exclusive advisory lock makes a shared one fail.
     * Connecting checks the sequence every time, and with {@link SchemaMode#MIGRATE} and {@link SchemaMode#VALIDATE} the rest once
     * for each version of the server, unless {@link DatastoreOptions#skipServerProbe()} is true.
     *
     * @param options how to connect; the sessions use {@link DatastoreOptions#directHost()} if it is set
     * @return cold; completes if all assumptions hold; fails with {@link ConfigurationException} that names the one that does not,
     *     or with SQLSTATE 42501 if the user may not insert into the table of the probe; fails with {@link UnavailableException} if
     *     a retry may help
     */
    static Mono<Void> probe(DatastoreOptions options) {
        return DefaultDatastore.probe(options);
    }

    /**
     * Runs a function in one transaction: all writes through the session are committed together, or none is.
     *
     * <pre>{@code
     * datastore.inTransaction(TransactionOptions.defaults(), session -> session.healthEvents()
     *         .insert(event)
     *         .flatMap(id -> session.maintenanceEvents().insert(maintenance)));
     * }</pre>
     *
     * <p><b>The function may be run again</b>, on a new transaction, after a serialization failure or a deadlock
     * (SQLSTATE 40001 and 40P01), as often as the options allow and with back-off between. Its effects outside of the
     * session happen again then. Any other error ends the transaction immediately.
     *
     * <p>The session's operations run one after another in the order of their subscriptions, even if several are
     * subscribed to at once. After a failed operation, the server rejects further ones; a function that ignores the
     * error of an operation gets the first error at the commit. The session rejects operations after the transaction
     * has ended. Operations on this datastore instead of the session are not part of the transaction: they run on a
     * separate connection, do not see uncommitted changes, and may have to wait for the transaction, or for an
     * exhausted pool.
     *
     * @param options isolation, retries and timeouts
     * @param work the function; must use only the given session
     * @param <R> the result
     * @return cold; emits the function's value, if any, after the commit and the release of the connection; fails with
     *     the function's error after the rollback, and with {@link OutcomeUnknownException} if the connection is lost
     *     at the commit; before that, a lost connection is an {@link UnavailableException} and nothing was written; on
     *     cancel the running statement is stopped and the transaction rolled back, but a COMMIT that was sent is not
     *     stopped
     */
    <R> Mono<R> inTransaction(TransactionOptions options, Function<DatastoreSession, Mono<R>> work);

    /**
     * As {@link #inTransaction(TransactionOptions, Function)} with every option at its default.
     *
     * @param work the function; must use only the given session
     * @param <R> the result
     * @return cold; emits the function's value, if any, after the commit
     */
    default <R> Mono<R> inTransaction(Function<DatastoreSession, Mono<R>> work) {
        return inTransaction(TransactionOptions.defaults(), work);
    }

    /**
     * The same stores and collections for reads that may go to a standby, one of {@link DatastoreOptions#readHosts()}:
     * queries, counts and aggregations. Writes through it, and everything that is not called through it, go to the primary.
     *
     * <p>An answer of a standby may lack what was committed within {@link ReadPreference#maxStaleness(Duration)}, and a later
     * read may show less than an earlier one if another server answers it. So may a page of a long result; the order of the
     * pages and that no document comes twice hold nevertheless. A caller that has to see its own writes passes their
     * {@link #position()} to {@link ReadPreference#after}. A read on a standby costs one more round trip, to see how far
     * it is.
     *
     * <p>With {@link ReadPreference#PREFER_STANDBY}, the primary answers what no standby can, and all of it if
     * {@code readHosts} is not set. A host that fails, or does not give a connection and say how far it is within 2 s, is
     * left alone for 10 s. With {@link ReadPreference#STANDBY}, reads wait as long as the options say, and fail with
     * {@link UnavailableException} if no standby can be used.
     *
     * @param preference which server may answer, and how old its answer may be
     * @return the session, valid as long as this datastore
     * @throws InvalidRequestException if only standbys may answer, and {@code readHosts} is not set
     */
    DatastoreSession reading(ReadPreference preference);

    /**
     * Reads the primary's position in its log, for reads that have to see what was written before.
     *
     * <pre>{@code
     * datastore.healthEvents()
     *         .insert(event)
     *         .flatMap(id -> datastore.position()
     *                 .map(ReadPreference.PREFER_STANDBY::after)
     *                 .flatMap(preference -> datastore.reading(preference).healthEvents().findById(id)));
     * }</pre>
     *
     * @return cold; emits a position above every write to a collection that was acknowledged before this was subscribed to;
     *     fails with {@link UnavailableException} if the primary is not reached
     */
    Mono<ReadPosition> position();

    /**
     * Reads and writes on a connection of the caller, and so in the caller's transaction: for Spring's transactions,
     * the connection of {@code ConnectionFactoryUtils.getConnection}. The caller begins, commits, rolls back and
     * closes. Statements name this datastore's schema; PostgreSQL's own operators and functions are resolved in the
     * connection's search path, which must therefore contain no schema in which other roles may create objects. If no
     * transaction was started, each operation is its own transaction.
     *
     * @param connection a connection to this datastore's database, through the PostgreSQL driver
     * @return the session, valid as long as the connection; its operations run one after another
     */
    DatastoreSession using(Connection connection);

    /**
     * Creates a collection with capture, so that change streams can watch it. Where it exists already, enables capture if that
     * was disabled or dropped, which waits for the collection's writers; changes made in the meantime are in no stream. Never
     * touches a table that is no collection. The user needs the right to execute the database's function
     * {@code nvsentinel_create_collection}, and none to create tables.
     *
     * @param name its name; any string of 1 to 63 bytes without control characters and unpaired surrogates, and without
     *     the prefix {@code pg_}
     * @return cold; completes after the commit; fails with {@link InvalidRequestException} if another kind of table has
     *     the name, and with {@link ConfigurationException} if the privilege is missing
     * @throws InvalidRequestException if the name is not valid
     */
    Mono<Void> createCollection(String name);

    /**
     * Creates the index by which {@link Filter#text} finds documents of a collection, instead of scanning all of them.
     * Does nothing if the index exists. New collections do not have it, because inserts become about 50 % slower. The
     * user needs the privilege to execute the database's function {@code nvsentinel_create_text_index}.
     *
     * <p>Writes to the collection wait while the index is built, which must complete within
     * {@link DatastoreOptions#statementTimeout()}; for a large collection that is in use, the schema's owner should
     * create the index concurrently, as described in the operations guide.
     *
     * @param collection its name: {@code health_events}, {@code maintenance_events} or a name that was passed to
     *     {@link #createCollection}
     * @return cold; completes after the commit; fails with {@link InvalidRequestException} if there is no such
     *     collection, and with {@link ConfigurationException} if the privilege is missing
     * @throws InvalidRequestException if the name is not valid
     */
    Mono<Void> createTextIndex(String collection);

    /**
     * Checks that the server answers.
     *
     * @return cold; completes when it has answered; fails with {@link UnavailableException} when it did not
     */
    Mono<Void> ping();

    /**
     * Checks the health, for probes and operators. As {@link #health(Duration)}, within five seconds.
     *
     * @return cold; emits the health; never fails
     */
    Mono<Health> health();

    /**
     * Checks the health: runs one query on a connection of the pool, and checks the pool and the certificates. The
     * state is down if the server did not answer; it is degraded if all connections are in use, so that no query could
     * run.
     *
     * @param within how long it may take, 1 ms to 1 d
     * @return cold; emits the health; never fails, even after {@link #close()}; cancelling stops the query
     * @throws InvalidRequestException if {@code within} is out of range
     */
    Mono<Health> health(Duration within);

    /**
     * The current metrics of the pool. Sends no query.
     *
     * @return the metrics
     */
    PoolMetrics pool();

    /**
     * The active certificates, for operators and metrics. Sends no query and reads no file.
     *
     * @return the status; empty if connections use plain text, including when the server did not support TLS with
     *     {@code prefer}
     */
    Optional<TlsStatus> tlsStatus();

    /**
     * The active certificates, now and after each change: new active files, files that cannot be used, an active
     * certificate that has expired.
     *
     * @return hot; a new subscriber starts with the latest change, a slow one misses intermediate changes; completes
     *     when this is closed, immediately if connections use plain text; never fails; signals arrive on the thread
     *     that reads the files
     */
    Flux<TlsStatus> tlsStatuses();

    /**
     * The provider's name in the configuration.
     *
     * @return always {@code postgresql}
     */
    String provider();

    /**
     * The options of this datastore.
     *
     * @return the options
     */
    DatastoreOptions options();

    /**
     * Closes every connection. Running operations have five seconds to complete, then their connections are closed and
     * they fail; later ones fail with {@link InvalidRequestException}.
     *
     * @return cold; completes when all are closed; may be repeated
     */
    Mono<Void> close();
}

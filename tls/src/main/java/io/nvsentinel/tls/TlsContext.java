// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.netty.handler.ssl.SslContextBuilder;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactoryProvider;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.R2dbcException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Verified certificates and keys, ready for every connection.
 *
 * <pre>{@code
 * try (TlsContext tls = TlsContext.open(options)) {
 *     tls.configure(postgresqlConnectionConfigurationBuilder); // R2DBC
 *     properties.putAll(tls.jdbcProperties()); // JDBC, for example Flyway
 *     ...
 * }
 * }</pre>
 *
 * <p>The caller that opens it must close it, after the connections that use it. Thread-safe.
 */
public final class TlsContext implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TlsContext.class);

    private final TlsOptions options;
    private final @Nullable MaterialSource source;
    private final String jdbcId;
    private final Instant openedAt;

    private TlsContext(TlsOptions options, Clock clock, Scheduler scheduler) {
        this.options = options;
        this.openedAt = clock.instant();
        this.source = options.mode() == SslMode.DISABLE ? null : new MaterialSource(options, clock, scheduler);
        this.jdbcId = JdbcSslSocketFactory.register(this::material);
    }

    /**
     * Reads all files as one consistent set, checks them and keeps them for the connections to come. Blocks on file I/O: do
     * not call it on an event loop.
     *
     * <p>Checked are: that every file exists and may be read; that certificates, keys and revocation lists are in a format
     * that is accepted; that only its owner may read the key; that the key belongs to the certificate; that the certificate
     * is valid now and, if {@link TlsOptions.Builder#user(String)} is set, that it names the user. With {@link
     * SslMode#DISABLE} nothing is read.
     *
     * @param options what to read
     * @return the open context
     * @throws TlsException if a check fails; nothing is left open then
     */
    public static TlsContext open(TlsOptions options) {
        return open(options, Clock.systemUTC(), Schedulers.boundedElastic());
    }

    static TlsContext open(TlsOptions options, Clock clock, Scheduler scheduler) {
        if (options.preferWasAsked()) {
            LOG.warn(
                    options.mode() == SslMode.PREFER
                            ? "sslmode=prefer falls back to plain text without a warning; use require or verify-full"
                            : "sslmode=prefer with certificates is treated as require; use require or verify-full");
        }
        return new TlsContext(options, clock, scheduler);
    }

    /**
     * Sets up TLS for the R2DBC driver: its mode, its {@code sslContextBuilderCustomizer} and its {@code
     * sslHostnameVerifier}. Do not set these properties, or the driver's own {@code sslCert}, {@code sslKey} and
     * {@code sslRootCert}, beside this.
     *
     * <p>If the home directory holds {@code .postgresql/postgresql.crt} and {@code postgresql.pk8}, the driver reads
     * them in its {@code build()}, which fails if the key is not PEM; they are never sent.
     *
     * @param builder the driver's configuration
     */
    public void configure(PostgresqlConnectionConfiguration.Builder builder) {
        builder.sslMode(driverMode());
        builder.sslContextBuilderCustomizer(customizer());
        builder.sslHostnameVerifier(new LibpqHostnameVerifier());
    }

    /**
     * Sets up TLS for the R2DBC driver through connection factory options, for frameworks that build the factory themselves
     * (Spring Boot: a {@code ConnectionFactoryOptionsBuilderCustomizer} bean). Otherwise as {@link
     * #configure(PostgresqlConnectionConfiguration.Builder)}.
     *
     * @param builder the options of a {@code postgresql} connection factory
     */
    public void configure(ConnectionFactoryOptions.Builder builder) {
        builder.option(PostgresqlConnectionFactoryProvider.SSL_MODE, driverMode());
        builder.option(PostgresqlConnectionFactoryProvider.SSL_CONTEXT_BUILDER_CUSTOMIZER, customizer());
        builder.option(PostgresqlConnectionFactoryProvider.SSL_HOSTNAME_VERIFIER, new LibpqHostnameVerifier());
    }

    /**
     * Connection properties that set up TLS for the PostgreSQL JDBC driver. They refer to this context: they work in this
     * JVM, until {@link #close()}, and follow rotation. No key is copied to disk.
     *
     * @return {@code sslmode}, and except for {@link SslMode#DISABLE} {@code sslfactory}, {@code sslfactoryarg} and
     *     {@code sslhostnameverifier}
     */
    public Map<String, String> jdbcProperties() {
        if (options.mode() == SslMode.DISABLE) {
            return Map.of("sslmode", SslMode.DISABLE.libpqName());
        }
        return Map.of(
                "sslmode",
                options.mode().libpqName(),
                "sslfactory",
                JdbcSslSocketFactory.class.getName(),
                "sslfactoryarg",
                jdbcId,
                "sslhostnameverifier",
                LibpqHostnameVerifier.class.getName());
    }

    /**
     * A number that changes when new files become active: a connection that was opened before the change uses the
     * earlier files. Connection pools can check it at every use to replace their connections after a rotation; the call
     * is cheap.
     *
     * @return as {@link TlsStatus#generation()}
     */
    public long generation() {
        return source != null ? source.generation() : 0;
    }

    /**
     * Explains why a connection could not be made. A server that refuses the client's certificates just closes the connection, and often
     * its reason is lost: with TLS 1.3 the client has finished its handshake by then. The server names its authorities in each
     * handshake, though, and the client's file may hold no certificate of theirs, most often because an intermediate certificate is
     * missing.
     *
     * @param error what a driver reports
     * @return an {@link SSLHandshakeException} that names the certificates, with the error as its suppressed exception; the error itself if
     *     it is an answer of the server, a time-out, or the last handshake shows nothing wrong
     */
    public Throwable explain(Throwable error) {
        String doubt = source == null ? null : source.current().clientDoubt();
        if (doubt == null || !isLost(error)) {
            return error;
        }
        SSLHandshakeException explained = new SSLHandshakeException(doubt + " (" + reason(error) + ")");
        explained.addSuppressed(error);
        return explained;
    }

    /** The innermost message, in one line: drivers and frameworks put frames around it. */
    private static String reason(Throwable error) {
        Throwable innermost = error;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return String.valueOf(innermost.getMessage()).lines().findFirst().orElse("");
    }

    private static boolean isLost(Throwable error) {
        boolean lost = false;
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String state = cause instanceof R2dbcException driver
                    ? driver.getSqlState()
                    : cause instanceof SQLException jdbc ? jdbc.getSQLState() : null;
            boolean answered = state != null && !state.startsWith("08");
            if (answered || cause instanceof TimeoutException) {
                return false;
            }
            lost |= cause instanceof IOException || cause instanceof R2dbcException || cause instanceof SQLException;
        }
        return lost;
    }

    /**
     * What is in use at this moment. Reads no file.
     *
     * @return the status, with the days left counted from now
     */
    public TlsStatus status() {
        return source != null ? source.status() : disabledStatus();
    }

    /**
     * The status now and after each change: new files in use, files that cannot be used, the first time a certificate
     * in use is seen to have expired. Hot; a new subscriber begins with the latest change. Completes at
     * {@link #close()}, never fails. A subscriber that is slower than the changes misses intermediate ones. Signals
     * come on the thread that reads the files (a {@code boundedElastic} one); blocking there delays the next reload.
     *
     * @return the changes
     */
    public Flux<TlsStatus> statuses() {
        return source != null ? source.statuses() : Flux.just(disabledStatus());
    }

    /**
     * Stops watching the files and discards the JDBC properties. R2DBC connections that are opened later use the last
     * certificates; open connections are not affected. Calling it again does nothing.
     */
    @Override
    public void close() {
        JdbcSslSocketFactory.unregister(jdbcId);
        if (source != null) {
            source.close();
        }
    }

    private Function<SslContextBuilder, SslContextBuilder> customizer() {
        // The driver's own builder is shared by all event loops and not thread-safe: every connection gets a fresh one.
        return shared -> material().nettyBuilder();
    }

    private TlsStatus disabledStatus() {
        return new TlsStatus(options.mode(), 0, openedAt, List.of(), 0, Optional.empty());
    }

    private SSLMode driverMode() {
        return switch (options.mode()) {
            case DISABLE -> SSLMode.DISABLE;
            case PREFER -> SSLMode.PREFER;
            case REQUIRE -> SSLMode.REQUIRE;
            case VERIFY_CA -> SSLMode.VERIFY_CA;
            case VERIFY_FULL -> SSLMode.VERIFY_FULL;
        };
    }

    private TlsMaterial material() {
        if (source == null) {
            throw new IllegalStateException("TLS is disabled, but a handshake was started");
        }
        return source.current();
    }
}

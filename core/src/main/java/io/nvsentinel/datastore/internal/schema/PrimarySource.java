// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.internal.options.LoginRules;
import io.nvsentinel.tls.TlsContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections to the primary among the servers, for migrations. As in the pool, every address of every host has an
 * equal share of the connect timeout, from the first packet to the server's answer that it is the primary, starting
 * with the last primary; if none is the primary, there is a second round.
 */
final class PrimarySource extends PGSimpleDataSource {

    private static final long serialVersionUID = 1L;

    private static final String STATE = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";

    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final transient DatastoreOptions options;
    private final transient @Nullable TlsContext tls;
    private final Statements statements;
    private transient volatile @Nullable Target last;

    PrimarySource(DatastoreOptions options, @Nullable TlsContext tls, Statements statements) {
        this.options = options;
        this.tls = tls;
        this.statements = statements;
    }

    /** How long a statement may take. */
    enum Statements {

        /** Questions ask little: the statement timeout of the options, and that long for a server that falls silent. */
        QUESTIONS,

        /** A change to tables takes as long as the tables are large. */
        CHANGES
    }

    private record Target(
            InetSocketAddress server, @Nullable InetAddress address) {}

    @Override
    public Connection getConnection() throws SQLException {
        long end = System.nanoTime() + options.connectTimeout().toNanos();
        List<SQLException> failures = new ArrayList<>();
        Connection found = round(end, true, failures);
        if (found == null && failures.size() > 1) {
            found = round(end, false, failures);
        }
        if (found != null) {
            return found;
        }
        SQLException first = failures.remove(0);
        failures.forEach(first::addSuppressed);
        throw first;
    }

    private @Nullable Connection round(long end, boolean first, List<SQLException> failures) {
        List<Target> targets = targets();
        Duration share = Duration.ofNanos((end - System.nanoTime()) / targets.size());
        for (Target target : targets) {
            try {
                Connection connection = connect(target, share, first && targets.size() > 1);
                last = target;
                return connection;
            } catch (SQLException e) {
                failures.add(e);
            }
        }
        return null;
    }

    private List<Target> targets() {
        List<Target> targets = new ArrayList<>();
        for (InetSocketAddress server : options.directAddresses()) {
            try {
                for (InetAddress address : InetAddress.getAllByName(server.getHostString())) {
                    targets.add(new Target(server, address));
                }
            } catch (UnknownHostException e) {
                // The driver fails with its own words for that.
                targets.add(new Target(server, null));
            }
        }
        Target primary = last;
        targets.sort(Comparator.comparing(target -> !target.equals(primary)));
        return targets;
    }

    private Connection connect(Target target, Duration share, boolean writable) throws SQLException {
        Connection connection = login(target, share);
        try {
            requirePrimary(connection, target, writable);
            connection.setNetworkTimeout(Runnable::run, answerMillis());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private Connection login(Target target, Duration share) throws SQLException {
        String rules = LoginRules.of(options).encoded();
        PGSimpleDataSource source = JdbcSource.of(options, statements, target.server(), share, tls, rules);
        source.setSocketFactory(JdbcSockets.class.getName());
        source.setSocketFactoryArg(
                JdbcSockets.argument(rules, target.address(), options.tcpKeepAlive(), options.tcpUserTimeout()));
        return source.getConnection();
    }

    private int answerMillis() {
        return switch (statements) {
            case QUESTIONS ->
                Math.toIntExact(options.statementTimeout().plus(ANSWER).toMillis());
            case CHANGES -> 0;
        };
    }

    private static void requirePrimary(Connection connection, Target target, boolean writable) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet state = statement.executeQuery(STATE)) {
            state.next();
            if (state.getBoolean(1) || (writable && state.getBoolean(2))) {
                throw new SQLException(
                        "The server at " + target.server().getHostString() + " (" + target.address() + ") "
                                + (state.getBoolean(1) ? "is a standby" : "accepts no writes"),
                        "57P03");
            }
        }
    }
}

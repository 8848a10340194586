// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Runs everything on another session, and remembers the statements and what they bound. */
final class RecordingSession implements Session {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Session session;
    private final List<Recorded> recorded = new CopyOnWriteArrayList<>();

    RecordingSession(Session session) {
        this.session = session;
    }

    private record Recorded(String sql, TreeMap<Integer, Object> bindings) {}

    /** The plans of the statements since the last call, one text for each. */
    List<String> plans() {
        List<Recorded> all = List.copyOf(recorded);
        recorded.clear();
        return all.stream().map(this::plan).toList();
    }

    private String plan(Recorded statement) {
        List<String> lines = session.read(
                        "Explain",
                        connection -> Rows.all(
                                Rows.bind(
                                        connection.createStatement("EXPLAIN " + statement.sql),
                                        List.copyOf(statement.bindings.values())),
                                row -> row.get(0, String.class)))
                .block(SOON);
        return String.join("\n", lines);
    }

    @Override
    public <T> Mono<T> read(String action, Function<Connection, Mono<T>> work) {
        return session.read(action, connection -> work.apply(recording(connection)));
    }

    @Override
    public <T> Mono<T> write(String action, Function<Connection, Mono<T>> work) {
        return session.write(action, connection -> work.apply(recording(connection)));
    }

    private Connection recording(Connection connection) {
        return proxy(Connection.class, (method, arguments) -> {
            Object result = invoke(connection, method, arguments);
            if (!(result instanceof Statement statement)) {
                return result;
            }
            Recorded record = new Recorded((String) arguments[0], new TreeMap<>());
            recorded.add(record);
            return recording(statement, record);
        });
    }

    private static Statement recording(Statement statement, Recorded record) {
        Statement[] self = new Statement[1];
        self[0] = proxy(Statement.class, (method, arguments) -> {
            if (method.getName().equals("bind") && arguments[0] instanceof Integer index) {
                record.bindings.put(index, arguments[1]);
            }
            Object result = invoke(statement, method, arguments);
            return result == statement ? self[0] : result;
        });
        return self[0];
    }

    private interface Call {
        Object call(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> call.call(method, arguments)));
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}

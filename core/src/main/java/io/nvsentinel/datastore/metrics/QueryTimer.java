// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.r2dbc.proxy.ProxyConnectionFactory;
import io.r2dbc.proxy.core.QueryExecutionInfo;
import io.r2dbc.proxy.core.QueryInfo;
import io.r2dbc.proxy.listener.ProxyExecutionListener;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Times the statements that a connection executes. The only class that needs {@code r2dbc-proxy}. */
final class QueryTimer implements ProxyExecutionListener {

    private static final Set<String> STATEMENTS =
            Set.of("select", "insert", "update", "delete", "with", "set", "rollback");

    private final Tags tags;
    private final List<MeterRegistry> registries;

    private QueryTimer(Tags tags, List<MeterRegistry> registries) {
        this.tags = tags;
        this.registries = registries;
    }

    static ConnectionFactory around(ConnectionFactory connections, Tags tags, List<MeterRegistry> registries) {
        return ProxyConnectionFactory.builder(connections)
                .listener(new QueryTimer(tags, registries))
                .build();
    }

    @Override
    public void afterQuery(QueryExecutionInfo execution) {
        Tags all = tags.and(
                "statement",
                execution.getQueries().stream()
                        .findFirst()
                        .map(QueryInfo::getQuery)
                        .map(QueryTimer::firstWord)
                        .orElse("other"),
                "outcome",
                execution.isSuccess() ? "ok" : "failed");
        registries.forEach(
                registry -> DatastoreMeter.QUERIES.timer(registry, all).record(execution.getExecuteDuration()));
    }

    private static String firstWord(String sql) {
        String word = sql.strip().split("\\s", 2)[0].toLowerCase(Locale.ROOT);
        return STATEMENTS.contains(word) ? word : "other";
    }
}

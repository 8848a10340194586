// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;
import java.util.Objects;

/** A fresh database, which the application reaches through a proxy that can be cut. */
public final class ProxiedDatabase implements QuarkusTestResourceLifecycleManager {

    private final TestDatabase database = PostgresServer.shared().createDatabase();
    private final TcpProxy proxy = TcpProxy.to(database.host(), database.port());

    @Override
    public Map<String, String> start() {
        return Map.of(
                "datastore.host", "localhost",
                "datastore.port", String.valueOf(proxy.port()),
                "datastore.database", database.name(),
                "datastore.username", database.user(),
                "datastore.password", Objects.requireNonNullElse(database.password(), ""),
                "datastore.sslmode", "disable");
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(proxy, new TestInjector.MatchesType(TcpProxy.class));
        injector.injectIntoFields(database, new TestInjector.MatchesType(TestDatabase.class));
    }

    @Override
    public void stop() {
        proxy.close();
        database.drop();
    }
}

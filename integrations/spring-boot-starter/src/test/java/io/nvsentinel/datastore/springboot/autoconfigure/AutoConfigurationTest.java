// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.springboot.ChangeStreamOptionsCustomizer;
import io.nvsentinel.datastore.springboot.DatastoreConnectionDetails;
import io.nvsentinel.datastore.springboot.DatastoreOptionsCustomizer;
import io.nvsentinel.testserver.Ports;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;
import reactor.core.publisher.Mono;

/** When there is which bean, and what an application sees that does not start. */
class AutoConfigurationTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static ApplicationContextRunner runner() {
        return TestProperties.runner().withPropertyValues(TestProperties.of(DATABASE));
    }

    /** Creates no bean but those that a test asks for, and so does not connect. */
    private static ApplicationContextRunner withoutConnecting() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(DatastoreAutoConfiguration.class))
                .withPropertyValues(TestProperties.of(DATABASE))
                .withBean(LazyInitializationBeanFactoryPostProcessor.class);
    }

    private static FailureAnalysis analysis(@Nullable Throwable failure) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, FailureHandler.handleMessage((message, needsBeans) -> {}))
                .stream()
                .filter(analyzer -> analyzer.getClass().getPackage() == AutoConfigurationTest.class.getPackage())
                .map(analyzer -> analyzer.analyze(Objects.requireNonNull(failure)))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void datastoreStoresAndStreamsAreBeans() {
        runner().run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(Datastore.class)
                    .hasSingleBean(HealthEventStore.class)
                    .hasSingleBean(MaintenanceEventStore.class)
                    .hasSingleBean(ChangeStreams.class)
                    .doesNotHaveBean(DatastoreMetrics.class);
            assertThat(context.getBean(ReactiveHealthIndicator.class).health().block())
                    .satisfies(health -> assertThat(health.getStatus()).isEqualTo(Status.UP))
                    .satisfies(health -> assertThat(health.getDetails()).containsEntry("role", "primary"));
        });
    }

    @Test
    void theHealthComponentIsSwitchedOffByItsProperty() {
        runner().withPropertyValues("management.health.datastore.enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(Datastore.class)
                        .doesNotHaveBean("datastoreHealthIndicator"));
    }

    @Test
    void aListenerThatFailsAffectsNeitherOperationsNorOtherListeners() {
        AtomicInteger operations = new AtomicInteger();
        DatastoreListener failing = new DatastoreListener() {
            @Override
            public void onOperation(Operation operation) {
                throw new IllegalStateException("listener");
            }
        };
        DatastoreListener counting = new DatastoreListener() {
            @Override
            public void onOperation(Operation operation) {
                operations.incrementAndGet();
            }
        };
        runner().withBean("failing", DatastoreListener.class, () -> failing)
                .withBean("counting", DatastoreListener.class, () -> counting)
                .run(context -> {
                    HealthEventStore events = context.getBean(HealthEventStore.class);
                    assertThat(events.count(Filter.all()).block()).isZero();
                    assertThat(operations.get()).isPositive();
                });
    }

    @Test
    void nothingIsConnectedIfItIsDisabled() {
        runner().withBean(SimpleMeterRegistry.class)
                .withPropertyValues("nvsentinel.datastore.enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(Datastore.class)
                        .doesNotHaveBean(ChangeStreams.class)
                        .doesNotHaveBean(DatastoreMetrics.class)
                        .doesNotHaveBean("datastoreHealthIndicator"));
    }

    @Test
    void beansOfTheApplicationAreUsedInstead() {
        DatastoreOptions options = TestProperties.options(DATABASE);
        TestProperties.runner()
                .withBean(
                        "own",
                        Datastore.class,
                        () -> Objects.requireNonNull(Datastore.connect(options).block()),
                        definition -> definition.setDestroyMethodName("close"))
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(Datastore.class);
                    assertThat(context.getBeanNamesForType(Datastore.class)).containsExactly("own");
                    assertThat(context.getBean(HealthEventStore.class)
                                    .count(Filter.all())
                                    .block())
                            .isZero();
                });
    }

    @Test
    void customizersWinOverConnectionDetailsAndTheseOverProperties() {
        DatastoreConnectionDetails details = new DatastoreConnectionDetails() {
            @Override
            public String getHost() {
                return "details";
            }

            @Override
            public String getDatabase() {
                return "details";
            }

            @Override
            public String getUsername() {
                return "details";
            }
        };
        withoutConnecting()
                .withBean(DatastoreConnectionDetails.class, () -> details)
                .withBean(DatastoreOptionsCustomizer.class, () -> options -> options.username("customizer"))
                .run(context -> {
                    DatastoreOptions options = context.getBean(DatastoreOptions.class);
                    assertThat(options.host()).isEqualTo("details");
                    assertThat(options.port()).isEqualTo(5432);
                    assertThat(options.username()).isEqualTo("customizer");
                    assertThat(options.maxConnections()).isEqualTo(4);
                });
    }

    @Test
    void listenersOfTheApplicationAndMetricsReceiveEvents() {
        AtomicInteger connected = new AtomicInteger();
        AtomicInteger customized = new AtomicInteger();
        DatastoreListener listener = new DatastoreListener() {
            @Override
            public void onConnected(Datastore datastore) {
                connected.incrementAndGet();
            }
        };
        runner().withBean(DatastoreListener.class, () -> listener)
                .withBean(SimpleMeterRegistry.class)
                .withBean(ChangeStreamOptionsCustomizer.class, () -> options -> customized.incrementAndGet())
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .hasSingleBean(DatastoreMetrics.class)
                            .hasSingleBean(ChangeStreamMetrics.class);
                    SimpleMeterRegistry registry = context.getBean(SimpleMeterRegistry.class);
                    context.getBean(DatastoreMetrics.class).bindTo(registry);
                    context.getBean(Datastore.class).ping().block();
                    assertThat(registry.get("nvsentinel.datastore.pool.max")
                                    .gauge()
                                    .value())
                            .isEqualTo(4);
                    assertThat(connected).hasValue(1);
                    assertThat(customized).hasValue(1);
                });
    }

    @Test
    void anApplicationWithoutHealthMetricsAndSqlStarts() {
        runner().withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.health", "io.micrometer", "org.springframework.boot.sql"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(ChangeStreams.class)
                        .doesNotHaveBean("datastoreHealthIndicator"));
    }

    @Test
    void invalidConfigurationIsDescribedWithWhatToChange() {
        TestProperties.runner()
                .withPropertyValues("nvsentinel.datastore.max-conections=5", "nvsentinel.datastore.port=none")
                .run(context -> {
                    FailureAnalysis analysis = analysis(
                            assertThat(context).hasFailed().getFailure().actual());
                    assertThat(analysis.getDescription())
                            .contains("did you mean max-connections?")
                            .contains("host is required")
                            .contains("(nvsentinel.datastore.port)");
                    assertThat(analysis.getAction()).contains("nvsentinel.datastore.host");
                });
    }

    @Test
    void anUnknownPropertyOfTheStreamsIsRejected() {
        runner().withPropertyValues("nvsentinel.datastore.changestream.batchsizes=5")
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("nvsentinel.datastore.changestream.batchsizes"));
    }

    @Test
    void aRejectedLoginIsDescribedWithItsSqlState() {
        runner().withPropertyValues("nvsentinel.datastore.database=missing").run(context -> {
            FailureAnalysis analysis =
                    analysis(assertThat(context).hasFailed().getFailure().actual());
            assertThat(analysis.getDescription()).contains("missing");
            assertThat(analysis.getAction()).contains("SQLSTATE 3D000");
        });
    }

    @Test
    void anUnavailableDatabaseIsDescribed() {
        runner().withPropertyValues("nvsentinel.datastore.port=" + Ports.free()).run(context -> {
            FailureAnalysis analysis =
                    analysis(assertThat(context).hasFailed().getFailure().actual());
            assertThat(analysis.getDescription()).contains("unavailable");
            assertThat(analysis.getAction()).contains("nvsentinel.datastore.port");
        });
    }

    /** The leak check of the extension sees the connections that would stay open. */
    @Test
    void theDatastoreIsClosedIfTheApplicationDoesNotStart() {
        Supplier<String> broken = () -> {
            throw new IllegalStateException("broken");
        };
        runner().withBean("broken", String.class, broken, definition -> definition.setDependsOn("datastore"))
                .run(context ->
                        assertThat(context).hasFailed().getFailure().rootCause().hasMessage("broken"));
    }

    @Test
    void theApplicationMayHaveItsOwnConnectionFactory() {
        TestDatabase database = DATABASE.get();
        runner().withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class))
                .withPropertyValues(
                        "spring.r2dbc.url=r2dbc:postgresql://" + database.host() + ":" + database.port() + "/"
                                + database.name(),
                        "spring.r2dbc.username=" + database.user(),
                        "spring.r2dbc.password=" + (database.password() == null ? "" : database.password()),
                        "spring.r2dbc.pool.enabled=false")
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(ConnectionFactory.class);
                    Connection own = Objects.requireNonNull(
                            Mono.from(context.getBean(ConnectionFactory.class).create())
                                    .block());
                    Mono.from(own.close()).block();
                    context.getBean(Datastore.class).ping().block();
                });
    }

    @Test
    void degradedIsWorseThanUpAndBetterThanDown() {
        StandardEnvironment environment = new StandardEnvironment();
        new DegradedStatusOrder().postProcessEnvironment(environment, new SpringApplication());
        String order = environment.getRequiredProperty("management.endpoint.health.status.order");
        StatusAggregator aggregator = StatusAggregator.of(order.split(","));
        Status degraded = new Status("DEGRADED");

        assertThat(aggregator.getAggregateStatus(degraded, Status.UP)).isEqualTo(degraded);
        assertThat(aggregator.getAggregateStatus(degraded, Status.DOWN)).isEqualTo(Status.DOWN);
    }

    @Test
    void anOrderOfTheApplicationIsKept() {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addLast(new MapPropertySource(
                        "application", Map.of("management.endpoint.health.status.order", "degraded,up")));
        new DegradedStatusOrder().postProcessEnvironment(environment, new SpringApplication());

        assertThat(environment.getProperty("management.endpoint.health.status.order"))
                .isEqualTo("degraded,up");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks every configuration of the models in {@code src/model} with TLC: the configurations of the protocol must hold,
 * and each known mistake must violate the property that its first line names. Configurations whose name starts with
 * {@code Large} run only with {@code -Dmodel.large=true}; {@code -Dmodel.only=Groups} checks only modules with this
 * name prefix.
 */
@Tag("model")
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProtocolModelTest {

    private static final Logger LOG = LoggerFactory.getLogger(ProtocolModelTest.class);
    private static final Path MODELS = Path.of("src", "model");
    private static final boolean LARGE = Boolean.getBoolean("model.large");
    private static final String ONLY = System.getProperty("model.only", "");
    private static final int AT_ONCE = 2;

    @TempDir
    private Path states;

    private ExecutorService checkers;

    @BeforeAll
    void startCheckers() {
        checkers = Executors.newFixedThreadPool(AT_ONCE);
    }

    @AfterAll
    void stopCheckers() {
        checkers.shutdownNow();
    }

    @TestFactory
    Stream<DynamicTest> checksEveryConfiguration() {
        List<ModelConfiguration> configurations = configurations();
        assertThat(configurations).hasSizeGreaterThan(1);
        return configurations.stream().map(this::test).toList().stream();
    }

    private DynamicTest test(ModelConfiguration configuration) {
        Future<ModelChecker.Result> outcome =
                checkers.submit(() -> new ModelChecker(states.resolve(configuration.name())).check(configuration));
        return DynamicTest.dynamicTest(configuration.name(), () -> {
            ModelChecker.Result result = outcome.get();
            LOG.info("{}: {}, {}", configuration.name(), result.verdict(), result.size());
            assertThat(result.verdict()).as(result.output()).isEqualTo(configuration.expected());
        });
    }

    private static List<ModelConfiguration> configurations() {
        try (Stream<Path> files = Files.walk(MODELS)) {
            return files.filter(file -> file.toString().endsWith(".cfg"))
                    .sorted()
                    .map(ModelConfiguration::read)
                    .filter(configuration -> LARGE || !configuration.isLarge())
                    .filter(configuration -> configuration.name().startsWith(ONLY))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Documents with every component drawn at random, hostile text and unknown members included. */
final class GeneratedDocuments {

    private static final String[] TEXTS = {
        "",
        "n",
        "gpu-node-0001",
        "\"quoted\\\"",
        "line\nbreak",
        "\u001b[31m",
        "é – 😀",
        "$date",
        "null",
        "'; DROP TABLE",
        "\u2028"
    };

    private final Random random;

    GeneratedDocuments(long seed) {
        this.random = new Random(seed);
    }

    HealthEventDocument healthEventDocument() {
        return new HealthEventDocument(orNull(this::time), healthEvent(), status(), extra());
    }

    HealthEvent healthEvent() {
        return HealthEvent.builder()
                .version(random.nextLong(1L << 32))
                .agent(text())
                .componentClass(text())
                .checkName(text())
                .isFatal(random.nextBoolean())
                .isHealthy(random.nextBoolean())
                .message(text())
                .recommendedAction(RecommendedAction.of(random.nextBoolean() ? random.nextInt(30) : random.nextInt()))
                .errorCode(some(this::text))
                .entitiesImpacted(some(() -> new Entity(text(), text(), extra())))
                .metadata(textMap())
                .generatedTimestamp(orNull(this::time))
                // Never empty: then a top-level nodeName, which extra may hold, would take its place.
                .nodeName("n" + text())
                .quarantineOverrides(orNull(this::overrides))
                .drainOverrides(orNull(this::overrides))
                .processingStrategy(ProcessingStrategy.of(random.nextInt(5)))
                .id(text())
                .customRecommendedAction(text())
                .extra(extra())
                .build();
    }

    HealthEventStatus status() {
        return HealthEventStatus.builder()
                .nodeQuarantined(new Status(text()))
                .quarantineFinishTimestamp(orNull(this::time))
                .userPodsEvictionStatus(new OperationStatus(new Status(text()), text(), extra(), extra()))
                .drainFinishTimestamp(orNull(this::time))
                .faultRemediated(orNull(random::nextBoolean))
                .lastRemediationTimestamp(orNull(this::time))
                .spanIds(textMap())
                .faultQuarantineRecovery(text())
                .extra(extra())
                .build();
    }

    MaintenanceEvent maintenanceEvent() {
        return MaintenanceEvent.builder()
                .eventId(text())
                .csp(new Csp(text()))
                .clusterName(text())
                .resourceType(text())
                .resourceId(text())
                .maintenanceType(new MaintenanceType(text()))
                .status(new InternalStatus(text()))
                .cspStatus(new ProviderStatus(text()))
                .scheduledStartTime(orNull(this::time))
                .scheduledEndTime(orNull(this::time))
                .actualStartTime(orNull(this::time))
                .actualEndTime(orNull(this::time))
                .eventReceivedTimestamp(orNull(this::time))
                .lastUpdatedTimestamp(orNull(this::time))
                .recommendedAction(text())
                .metadata(textMap())
                .nodeName(text())
                .extra(extra())
                .build();
    }

    private BehaviourOverrides overrides() {
        return new BehaviourOverrides(random.nextBoolean(), random.nextBoolean(), extra());
    }

    private Instant time() {
        long seconds = random.nextLong(-62_135_596_799L, 253_402_300_800L);
        return Instant.ofEpochSecond(seconds, random.nextBoolean() ? 0 : random.nextInt(1_000_000_000));
    }

    private String text() {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    private Map<String, String> textMap() {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            map.put(text(), text());
        }
        return map;
    }

    /** Members that no type knows, of every kind that a tree can hold. */
    private Map<String, Object> extra() {
        return random.nextInt(3) > 0 ? Map.of() : object(0);
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            object.put("x-" + text(), value(depth));
        }
        return object;
    }

    private Object value(int depth) {
        return switch (random.nextInt(depth < 3 ? 9 : 7)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> random.nextInt();
            case 3 -> (1L << 31) + random.nextInt(1 << 30);
            case 4 -> new BigInteger(200, random).setBit(100);
            case 5 -> new BigDecimal(new BigInteger(80, random), random.nextInt(1, 40));
            case 6 -> text();
            case 7 -> some(() -> value(depth + 1));
            default -> object(depth + 1);
        };
    }

    private <T> List<T> some(Supplier<T> item) {
        List<T> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            items.add(item.get());
        }
        return items;
    }

    private <T> T orNull(Supplier<T> value) {
        return random.nextInt(3) == 0 ? null : value.get();
    }
}

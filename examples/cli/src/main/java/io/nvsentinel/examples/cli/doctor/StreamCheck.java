// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.changestream.ChangeStreamStatus;
import io.nvsentinel.changestream.admin.ClientStatus;
import io.nvsentinel.datastore.PoolMetrics;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.examples.cli.Times;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Through the library itself: how large the changelog is, how far each client is, and the pool's figures. */
final class StreamCheck implements Check {

    private static final double MEBIBYTE = 1024.0 * 1024.0;

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    /** What was read at one go. */
    private record Read(ChangeStreamStatus status, List<ClientStatus> clients, PoolMetrics pool) {}

    @Override
    public void run(Patient patient) {
        Read read = patient.invocation()
                .withStreams(
                        patient.arguments().options(SchemaMode.NONE),
                        (datastore, streams) -> Mono.zip(
                                        streams.status(),
                                        streams.clients().list().collectList())
                                .map(both -> new Read(both.getT1(), both.getT2(), datastore.pool())));
        if (read == null) {
            patient.unchecked("interrupted");
            return;
        }
        patient.examining("changelog");
        changelog(patient, read.status);
        patient.examining("clients");
        read.clients.forEach(client -> client(patient, client));
        if (read.clients.isEmpty()) {
            patient.ok("there are none", Map.of());
        }
        patient.examining("pool");
        pool(patient, read.pool);
    }

    private static void changelog(Patient patient, ChangeStreamStatus status) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("rows", status.changelogRows());
        facts.put("bytes", status.changelogBytes());
        patient.ok(
                String.format(
                        Locale.ROOT,
                        "%,d changes at most, %,.1f MiB",
                        status.changelogRows(),
                        status.changelogBytes() / MEBIBYTE),
                facts);
    }

    private static void client(Patient patient, ClientStatus client) {
        Duration behind = client.behindSince() == null
                ? Duration.ZERO
                : Duration.between(
                        client.behindSince(), patient.invocation().clock().instant());
        String text = client.clientName() + ": " + client.lag() + " changes behind"
                + (client.lag() == 0 ? "" : ", since " + Times.text(behind.isNegative() ? Duration.ZERO : behind))
                + (client.isOwned() ? "" : ", no owner");
        Map<String, @Nullable Object> facts = facts(client);
        if (client.isHistoryLost()) {
            patient.fail(
                    client.clientName() + ": changes that it has not received were removed",
                    "read the collection again, then run nvsentinel clients reset " + client.clientName() + " --to now",
                    facts);
        } else if (behind.compareTo(patient.limits().lag()) > 0) {
            patient.warn(
                    text,
                    client.isOwned()
                            ? "check why its consumer is slow"
                            : "start its consumer, or nvsentinel clients delete " + client.clientName(),
                    facts);
        } else {
            patient.ok(text, facts);
        }
    }

    private static Map<String, @Nullable Object> facts(ClientStatus client) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("client", client.clientName());
        facts.put("lag", client.lag());
        facts.put(
                "behindSince",
                client.behindSince() == null ? null : client.behindSince().toString());
        facts.put("owner", client.owner());
        facts.put("owned", client.isOwned());
        facts.put("historyLost", client.isHistoryLost());
        return facts;
    }

    private static void pool(Patient patient, PoolMetrics pool) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("acquired", pool.acquired());
        facts.put("allocated", pool.allocated());
        facts.put("idle", pool.idle());
        facts.put("pending", pool.pending());
        facts.put("max", pool.max());
        patient.ok(
                "answers; here " + pool.allocated() + " of at most " + pool.max() + " connections are open, "
                        + pool.pending() + " callers wait",
                facts);
    }
}

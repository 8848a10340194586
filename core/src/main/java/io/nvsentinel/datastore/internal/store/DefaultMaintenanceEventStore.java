// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.UpdateResult;
import io.nvsentinel.datastore.UpsertResult;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterValues;
import io.nvsentinel.datastore.internal.insert.Encoded;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.MaintenanceType;
import io.nvsentinel.datastore.model.ProviderStatus;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Maintenance events: the collection, and the queries and updates that the services make. */
final class DefaultMaintenanceEventStore extends DefaultCollection<MaintenanceEvent> implements MaintenanceEventStore {

    private static final Duration MAX_DISTANCE = Duration.ofDays(10_000);

    private static final Sort LAST_RECEIVED = Sort.descending("eventReceivedTimestamp");

    private static final Sort LAST_UPDATED = Sort.descending("lastUpdatedTimestamp");

    /**
     * An update of the row counts its version up from 1. An equal event is not written; then the record is read, and only if
     * another transaction has just stored it, it is in the way but not in sight.
     */
    private static final String UPSERT = """
            WITH written AS (
                INSERT INTO {schema}.maintenance_events AS stored (data) VALUES ($1)
                ON CONFLICT (event_id) DO UPDATE SET data = excluded.data WHERE stored.data <> excluded.data
                RETURNING id, version = 1 AS inserted
            )
            SELECT id, inserted, NOT inserted FROM written
            UNION ALL
            SELECT id, false, false FROM {schema}.maintenance_events
            WHERE event_id = CAST($2 AS text) AND NOT EXISTS (SELECT FROM written)""";

    private static final String LAST =
            "SELECT timestamptz_send(max(event_received_timestamp)) FROM {schema}.maintenance_events WHERE csp = $1";

    private final Session session;

    DefaultMaintenanceEventStore(Session session, JsonCodec json) {
        super(
                session,
                "maintenance_events",
                FieldMap.MAINTENANCE_EVENTS,
                DocumentCodec.ofTree(json, DefaultMaintenanceEventStore::tree, MaintenanceEvent::fromTree),
                json);
        this.session = session;
    }

    @Override
    public Mono<UpsertResult> upsert(MaintenanceEvent event) {
        return Mono.fromCallable(() -> Encoded.of(codec(), event).parameter())
                .flatMap(data -> session.write(
                        "Upsert into " + name(),
                        connection -> upsert(connection, data, event.eventId())
                                .switchIfEmpty(Mono.defer(() -> upsert(connection, data, event.eventId())))));
    }

    private static Mono<UpsertResult> upsert(Connection connection, Json data, String eventId) {
        return Rows.one(connection.createStatement(UPSERT).bind(0, data).bind(1, eventId), DocumentChanges::upserted);
    }

    private static Map<String, @Nullable Object> tree(MaintenanceEvent event) {
        if (event.eventId().isEmpty()) {
            throw new InvalidRequestException("a maintenance event requires an eventId, which identifies it");
        }
        return event.toTree();
    }

    @Override
    public Mono<StoredDocument<MaintenanceEvent>> findByEventId(String eventId) {
        return findOne(Query.where(Filter.eq("eventId", eventId)));
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findToTriggerQuarantine(Duration within) {
        return due(
                "scheduledStartTime",
                "status = 'DETECTED' AND scheduled_start_time > now() AND scheduled_start_time <= now() + ",
                within);
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findToTriggerHealthy(Duration after) {
        return due("actualEndTime", "status = 'MAINTENANCE_COMPLETE' AND actual_end_time <= now() - ", after);
    }

    /** The status is a literal, so that every plan can use the partial index. */
    private Flux<StoredDocument<MaintenanceEvent>> due(String time, String condition, Duration distance) {
        return Flux.defer(() -> {
            long micros = micros(distance);
            Query query = Query.all().sort(Sort.ascending(time));
            return find(query, binder -> condition + binder.bind(micros) + " * interval '1 microsecond'");
        });
    }

    private static long micros(Duration distance) {
        if (distance.isNegative() || distance.compareTo(MAX_DISTANCE) > 0) {
            throw new InvalidRequestException("the time must be 0 to 10,000 days, not " + distance);
        }
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.EPOCH.plus(distance));
    }

    @Override
    public Mono<UpdateResult> updateStatus(String eventId, InternalStatus status) {
        return Mono.defer(() -> updateMany(
                Filter.eq("eventId", eventId),
                Update.of(Update.set("status", status.value()), Update.currentDate("lastUpdatedTimestamp"))));
    }

    @Override
    public Mono<Instant> findLastReceived(String clusterName, Csp csp) {
        return lastReceived(
                LAST + " AND cluster_name = $2",
                () -> List.of(storable("csp", csp.value()), storable("clusterName", clusterName)));
    }

    @Override
    public Mono<Instant> findLastReceived(Csp csp) {
        return lastReceived(LAST, () -> List.of(storable("csp", csp.value())));
    }

    private Mono<Instant> lastReceived(String sql, Callable<List<Object>> values) {
        return Mono.fromCallable(values)
                .flatMap(bound -> session.read(
                        "Find the last event in " + name(),
                        connection -> Rows.one(
                                Rows.bind(connection.createStatement(sql), bound),
                                row -> Optional.ofNullable(ServerTimes.readNullable(row, 0)))))
                .flatMap(Mono::justOrEmpty);
    }

    /** A string that a document can hold: the server would replace other characters by a question mark. */
    private static Object storable(String field, String text) {
        return Objects.requireNonNull(FilterValues.value(FieldPath.of(field), text));
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findEmergencies() {
        return find(
                Query.all().sort(Sort.ascending("scheduledStartTime")),
                binder -> "status = 'DETECTED' AND data #>> '{metadata,urgency}' = 'EMERGENCY'");
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findCancelled() {
        return find(Query.all().sort(Sort.ascending("lastUpdatedTimestamp")), binder -> "status = 'CANCELLED'");
    }

    @Override
    public Mono<StoredDocument<MaintenanceEvent>> findLatestActive(
            String nodeName, MaintenanceType type, Collection<InternalStatus> statuses) {
        return latest(
                Filter.and(Filter.eq("nodeName", nodeName), Filter.eq("maintenanceType", type.value()), in(statuses)));
    }

    @Override
    public Mono<StoredDocument<MaintenanceEvent>> findLatestOngoing(String nodeName) {
        return latest(Filter.and(Filter.eq("nodeName", nodeName), in(List.of(InternalStatus.MAINTENANCE_ONGOING))));
    }

    private Mono<StoredDocument<MaintenanceEvent>> latest(Filter filter) {
        return findOne(Query.where(filter).sort(LAST_UPDATED));
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findByStatuses(Csp csp, Collection<InternalStatus> statuses) {
        return find(Query.where(Filter.and(Filter.eq("csp", csp.value()), in(statuses)))
                .sort(LAST_RECEIVED));
    }

    @Override
    public Flux<StoredDocument<MaintenanceEvent>> findByProviderStatuses(Csp csp, Collection<ProviderStatus> statuses) {
        List<String> values = statuses.stream().map(ProviderStatus::value).toList();
        return find(Query.where(Filter.and(Filter.eq("csp", csp.value()), Filter.in("cspStatus", values)))
                .sort(LAST_RECEIVED));
    }

    private static Filter in(Collection<InternalStatus> statuses) {
        return Filter.in("status", statuses.stream().map(InternalStatus::value).toList());
    }
}

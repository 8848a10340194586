// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.internal.update.UpdateSql;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.TestDatabase;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.Statement;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The tables that filters and updates are made for, as the schema makes them, for documents of any kind. */
public final class TestTables implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Connection connection;

    /** A stored document. */
    public record Stored(int number, Map<String, Object> document, RecordContext context) {}

    public TestTables(TestDatabase database) {
        this.connection = new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                        .host(database.host())
                        .port(database.port())
                        .database(database.name())
                        .username(database.user())
                        .password(database.password())
                        .build())
                .create()
                .block();
        // Nothing may depend on the zone of a session.
        execute("SET TimeZone = 'Asia/Kolkata'");
        functions().forEach(this::execute);
        execute(script("V020__health_events"));
        execute("ALTER TABLE health_events ADD COLUMN number int, DROP CONSTRAINT health_events_data_is_object");
        execute(script("V030__maintenance_events"));
        execute("ALTER TABLE maintenance_events ADD COLUMN number int, ALTER COLUMN event_id DROP NOT NULL,"
                + " DROP CONSTRAINT maintenance_events_event_id_unique,"
                + " DROP CONSTRAINT maintenance_events_data_is_object");
        execute("CREATE TABLE things (number int PRIMARY KEY, id uuid NOT NULL DEFAULT gen_random_uuid(),"
                + " data jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),"
                + " updated_at timestamptz NOT NULL DEFAULT now())");
    }

    private static List<String> functions() {
        return Stream.of(
                        "V001__nvsentinel_text",
                        "V002__nvsentinel_boolean",
                        "V003__nvsentinel_recommended_action",
                        "V180__nvsentinel_unset_time",
                        "V010__nvsentinel_instant",
                        "V251__nvsentinel_text_one_expression",
                        "V252__nvsentinel_boolean_one_expression",
                        "V253__nvsentinel_instant_without_captures",
                        "V011__nvsentinel_set",
                        "V012__nvsentinel_unset",
                        "V013__nvsentinel_inc",
                        "V014__nvsentinel_push",
                        "V015__nvsentinel_pull",
                        "V016__nvsentinel_add_to_set",
                        "V017__nvsentinel_rename",
                        "V018__nvsentinel_adopt",
                        "V019__nvsentinel_now",
                        "V070__nvsentinel_put",
                        "V009__nvsentinel_words")
                .map(TestTables::script)
                .toList();
    }

    /** A migration's text. */
    static String script(String name) {
        try (InputStream in = Filter.class.getResourceAsStream("/io/nvsentinel/datastore/schema/" + name + ".sql")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("${flyway:defaultSchema}", "public");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void execute(String sql) {
        Flux.from(connection.createStatement(sql).execute())
                .concatMap(result -> result.getRowsUpdated())
                .then()
                .block();
    }

    /** Stores documents, numbered from 0 in a table made empty, and reads back what is stored. */
    public List<Stored> store(String table, List<String> documents) {
        execute("TRUNCATE " + table);
        String[] all = documents.toArray(String[]::new);
        query(
                "INSERT INTO " + table + " (number, data, created_at) SELECT n - 1, d::jsonb,"
                        + " '2026-11-01T00:00:00Z'::timestamptz + n * interval '1 hour 1 microsecond'"
                        + " FROM unnest($1::text[]) WITH ORDINALITY AS t(d, n) RETURNING 1",
                List.of((Object) all),
                row -> 1);
        return query(
                "SELECT number, data, id, created_at, updated_at FROM " + table + " ORDER BY number",
                List.of(),
                TestTables::stored);
    }

    @SuppressWarnings("unchecked")
    private static Stored stored(Row row) {
        return new Stored(
                row.get("number", Integer.class),
                JSON.readValue(row.get("data", Json.class).asArray(), Map.class),
                new RecordContext(
                        row.get("id", UUID.class),
                        row.get("created_at", OffsetDateTime.class).toInstant(),
                        row.get("updated_at", OffsetDateTime.class).toInstant()));
    }

    /** The numbers of the documents that the rendered filter finds. */
    public List<Integer> find(String table, Filter filter, FieldMap map) {
        SqlFragment where = FilterSql.render(filter, map, 1);
        return query(
                "SELECT number FROM " + table + " AS t WHERE " + where.sql() + " ORDER BY number",
                where.bindings(),
                row -> row.get(0, Integer.class));
    }

    /** The document that an update makes of a document. */
    public String apply(String document, Update update, FieldMap map) {
        SqlFragment set = UpdateSql.render(update, map, 2);
        return query(
                        "SELECT " + set.sql() + "::text FROM (SELECT CAST($1 AS jsonb) AS data) AS t",
                        Stream.concat(Stream.of((Object) document), set.bindings().stream())
                                .toList(),
                        row -> row.get(0, String.class))
                .get(0);
    }

    public <T> List<T> query(String sql, List<Object> bindings, Function<Row, T> reader) {
        Statement statement = connection.createStatement(sql.replace("{schema}", "public"));
        for (int i = 0; i < bindings.size(); i++) {
            statement.bind(i, bindings.get(i));
        }
        return Flux.from(statement.execute())
                .concatMap(result -> result.map((row, metadata) -> reader.apply(row)))
                .collectList()
                .block();
    }

    @Override
    public void close() {
        Mono.from(connection.close()).block();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.Databases;
import io.nvsentinel.changestream.OwnershipPolicy;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.changestream.internal.client.OwnerStatement.Answer;
import io.nvsentinel.changestream.internal.client.OwnerStatement.Request;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** One statement for several owners judges each of them by itself. */
@Tag("essential")
class OwnerStatementTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(15);

    private Datastore datastore;
    private ResumeTokens tokens;
    private OwnerStatement statement;
    private UUID incarnation;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens; UPDATE datastore_changelog_state SET oldest_id = 10");
        incarnation = UUID.fromString(DATABASE.queryForString("SELECT incarnation FROM datastore_changelog_state"));
        datastore = Databases.connect(DATABASE.get());
        DefaultDatastore known = (DefaultDatastore) datastore;
        tokens = new ResumeTokens(known.connections(), known.json(), "test", Schedulers.parallel());
        statement = new OwnerStatement(known.connections(), known.json());
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
        DATABASE.execute("DELETE FROM handled_changes; UPDATE datastore_changelog_state SET oldest_id = 1");
    }

    /** An asynchronous failover loses the opening, and the place of the sequence. */
    @Test
    void anOwnerWhoseOpeningWasLostIsNotTakenForTheNextOne() {
        tokens.giveUp(opened("client")).block(SOON);
        String epoch = DATABASE.queryForString("SELECT epoch FROM resume_tokens");
        String sequence = DATABASE.queryForString("SELECT last_value FROM resume_tokens_epoch_seq");
        Owned lost = opened("client");
        DATABASE.execute("UPDATE resume_tokens SET leased_until = NULL, epoch = " + epoch
                + "; SELECT setval('resume_tokens_epoch_seq', " + sequence + ")");

        Owned next = opened("client");

        assertThat(next.epoch() >> 32).as("drawn from the same place").isEqualTo(lost.epoch() >> 32);
        List<Answer> answers = statement
                .storeAll(List.of(Request.store(lost, lost.token(), LEASE)))
                .block(SOON);
        assertThat(answers.stream().map(OwnerStatementTest::outcome))
                .containsAnyOf("ClientFencedException", "HistoryForkedException");
        answers = statement
                .storeAll(List.of(Request.store(next, next.token(), LEASE)))
                .block(SOON);
        assertThat(answers.stream().map(OwnerStatementTest::outcome)).containsExactly("");
    }

    @Test
    void eachOwnerIsJudgedByItself() {
        Owned stores = opened("stores");
        Owned renews = opened("renews");
        Owned checks = opened("checks");
        Owned fenced = opened("fenced");
        Owned forked = opened("forked");
        Owned elsewhere = opened("elsewhere");
        Owned deleted = opened("deleted");
        Owned restored = opened("restored");
        Owned behind = opened("behind");
        DATABASE.execute("UPDATE resume_tokens SET leased_until = NULL");
        DATABASE.execute("UPDATE resume_tokens SET epoch = epoch + 1000 WHERE client_name = 'fenced'");
        DATABASE.execute("UPDATE resume_tokens SET epoch = epoch - 1 WHERE client_name = 'restored'");
        DATABASE.execute("DELETE FROM resume_tokens WHERE client_name = 'deleted'");
        DATABASE.execute("UPDATE resume_tokens SET resume_token = resume_token || '{\"position\": 8}'"
                + " WHERE client_name = 'behind'");
        DATABASE.execute("INSERT INTO handled_changes (client_name, position)"
                + " SELECT client_name, generate_series(4, 6) FROM resume_tokens");
        Position missing = Position.at(incarnation, 12, new RowCheck(12, 3, Instant.EPOCH));
        List<Answer> answers = statement
                .storeAll(List.of(
                        Request.store(stores, at(5), LEASE),
                        Request.renew(renews, at(5), LEASE),
                        Request.check(checks, at(5)),
                        Request.store(fenced, at(5), LEASE),
                        Request.store(forked, missing, LEASE),
                        Request.renew(elsewhere, Position.at(UUID.randomUUID(), 5, null), LEASE),
                        Request.check(deleted, at(5)),
                        Request.renew(restored, at(5), LEASE),
                        Request.store(behind, at(5), LEASE)))
                .block(SOON);
        assertThat(answers).noneMatch(Answer::isBusy);
        assertThat(answers.stream().map(OwnerStatementTest::outcome))
                .containsExactly(
                        "",
                        "",
                        "",
                        "ClientFencedException",
                        "HistoryForkedException",
                        "HistoryForkedException",
                        "ClientFencedException",
                        "HistoryForkedException",
                        "");
        assertThat(clients("position <> 0")).as("stored").containsExactly("behind", "stores");
        assertThat(position("stores")).isEqualTo(5);
        assertThat(position("behind")).as("forwards only").isEqualTo(8);
        assertThat(clients("leased_until > now()")).as("renewed").containsExactly("behind", "renews", "stores");
        assertThat(DATABASE.queryForString(
                        "SELECT string_agg(client_name || position, ' ' ORDER BY client_name, position)"
                                + " FROM handled_changes WHERE client_name IN ('stores', 'renews', 'behind')"))
                .as("marks at or below a position that was stored are forgotten")
                .isEqualTo("renews4 renews5 renews6 stores6");
    }

    @Test
    void aClientThatIsLockedIsLeftOutAndWaitsForAlone() throws Exception {
        Owned free = opened("free");
        Owned locked = opened("locked");
        try (Connection blocking = DATABASE.connect();
                Statement sql = blocking.createStatement()) {
            blocking.setAutoCommit(false);
            sql.execute("SELECT FROM resume_tokens WHERE client_name = 'locked' FOR UPDATE");
            List<Answer> answers = statement
                    .storeAll(List.of(Request.store(locked, at(5), LEASE), Request.store(free, at(5), LEASE)))
                    .block(SOON);
            assertThat(answers).extracting(Answer::isBusy).containsExactly(true, false);
            assertThat(clients("position <> 0")).containsExactly("free");
            Mono<Void> alone =
                    statement.runOne(Request.store(locked, at(5), LEASE)).cache();
            alone.subscribe();
            sql.execute("UPDATE resume_tokens SET epoch = epoch + 1000 WHERE client_name = 'locked'");
            blocking.commit();
            StepVerifier.create(alone).expectError(ClientFencedException.class).verify(SOON);
        }
        assertThat(clients("position <> 0")).containsExactly("free");
    }

    @Test
    void aStoreThatArrivesLateDoesNotMoveThePositionBack() {
        Owned owned = opened("client");
        statement.runOne(Request.store(owned, at(9), LEASE)).block(SOON);
        statement.runOne(Request.store(owned, at(5), LEASE)).block(SOON);
        assertThat(position("client")).isEqualTo(9);
        tokens.release(owned, at(7)).block(SOON);
        assertThat(position("client")).isEqualTo(9);
        staysFree(owned);
    }

    @Test
    void aRenewalThatArrivesLateLeasesNothing() {
        Owned owned = opened("client");
        tokens.giveUp(owned).block(SOON);
        staysFree(owned);
    }

    private static String outcome(Answer answer) {
        Throwable error = answer.error();
        return error == null ? "" : error.getClass().getSimpleName();
    }

    private void staysFree(Owned owned) {
        for (Request late :
                List.of(Request.renew(owned, owned.token(), LEASE), Request.store(owned, owned.token(), LEASE))) {
            StepVerifier.create(statement.runOne(late))
                    .expectError(ClientFencedException.class)
                    .verify(SOON);
            assertThat(statement.renewAll(List.of(late)).block(SOON).get(0).error())
                    .isInstanceOf(ClientFencedException.class);
        }
        assertThat(clients("leased_until IS NOT NULL")).isEmpty();
    }

    private Owned opened(String client) {
        return tokens.open(client, OwnershipPolicy.FAIL, Mono.just(at(0)), new ReleasableHandle())
                .block(SOON);
    }

    /** Below the oldest change that is kept, so that there need not be a row. */
    private Position at(long id) {
        return Position.at(incarnation, id, null);
    }

    private static List<String> clients(String condition) {
        return DATABASE.get()
                .queryForStrings("SELECT client_name FROM resume_tokens WHERE " + condition + " ORDER BY client_name");
    }

    private static long position(String client) {
        return Long.parseLong(
                DATABASE.queryForString("SELECT position FROM resume_tokens WHERE client_name = '" + client + "'"));
    }
}

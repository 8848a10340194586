// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.pki.MountedSecret;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.TlsException.Reason;
import io.nvsentinel.tls.TlsStatus.Failure;
import io.nvsentinel.tls.TlsStatus.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Following the files, in virtual time and without a server. */
class RotationTest {

    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final TestCertificates CA = TestCertificates.create();
    private static final TestCertificate FIRST = CA.client("app").issue();
    private static final TestCertificate SECOND = CA.client("app").issue();

    private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
    private final TestClock clock = new TestClock();
    private final List<TlsStatus> seen = new CopyOnWriteArrayList<>();

    @TempDir
    Path mount;

    private TlsContext tls;

    @BeforeEach
    void open() {
        FIRST.writeSecret(mount);
        TlsOptions options =
                TlsOptions.builder().mount(mount).reloadInterval(INTERVAL).build();
        tls = TlsContext.open(options, clock, scheduler);
        tls.statuses().subscribe(seen::add);
    }

    @AfterEach
    void close() {
        tls.close();
    }

    @Test
    void showsWhatIsInUse() {
        TlsStatus status = tls.status();
        assertThat(status.mode()).isEqualTo(SslMode.VERIFY_FULL);
        assertThat(status.generation()).isEqualTo(1);
        assertThat(status.loadedAt()).isEqualTo(clock.instant());
        assertThat(status.lastFailure()).isEmpty();
        assertThat(status.certificates())
                .extracting(TlsStatus.Certificate::role)
                .containsExactly(Role.CLIENT, Role.AUTHORITY);
        TlsStatus.Certificate client = status.certificates().get(0);
        assertThat(client.subject()).isEqualTo("CN=app");
        assertThat(client.issuer()).isEqualTo("CN=Test Root CA");
        assertThat(client.serial()).isEqualTo(FIRST.certificate().getSerialNumber());
        assertThat(client.notAfter())
                .isEqualTo(FIRST.certificate().getNotAfter().toInstant());
        assertThat(client.daysLeft()).isEqualTo(29);
        assertThat(status.daysLeft(Role.CLIENT)).hasValue(29);
        assertThat(status.daysLeft(Role.CLIENT_CHAIN)).isEmpty();
        assertThat(status.daysLeft(Role.AUTHORITY)).isPresent();
        assertThat(status.failures()).isZero();
        assertThat(seen).containsExactly(status);
    }

    @Test
    void takesASwappedSecretAfterTheInterval() {
        SECOND.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL.minusMillis(1));
        assertInUse(FIRST, 1);
        clock.advance(INTERVAL);
        scheduler.advanceTimeBy(Duration.ofMillis(1));
        assertInUse(SECOND, 2);
        assertThat(tls.status().loadedAt()).isEqualTo(clock.instant());
        assertThat(seen).hasSize(2).last().isEqualTo(tls.status());
    }

    @Test
    void givesNewMaterialToConnectionsMadeAfterwards() {
        String id = tls.jdbcProperties().get("sslfactoryarg");
        TlsMaterial before = JdbcSslSocketFactory.find(id);
        SECOND.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL);
        assertThat(JdbcSslSocketFactory.find(id)).isNotSameAs(before);
        assertThat(JdbcSslSocketFactory.find(id).sslContext()).isNotSameAs(before.sslContext());
    }

    @Test
    void takesFilesThatAreOverwrittenInPlace() {
        Pem.write(mount.resolve("tls.crt"), SECOND.certificatesPem());
        Pem.write(mount.resolve("tls.key"), SECOND.keyPem());
        scheduler.advanceTimeBy(INTERVAL);
        assertInUse(SECOND, 2);
    }

    @Test
    void followsEveryRotation() {
        for (int i = 1; i <= 100; i++) {
            (i % 2 == 0 ? FIRST : SECOND).writeSecret(mount);
            scheduler.advanceTimeBy(INTERVAL);
            assertInUse(i % 2 == 0 ? FIRST : SECOND, i + 1);
        }
        assertThat(seen).hasSize(101);
    }

    @Test
    void doesNothingWhenTheContentIsTheSame() {
        TlsMaterial before = material();
        FIRST.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL.multipliedBy(5));
        assertThat(material()).isSameAs(before);
        assertThat(seen).hasSize(1);
    }

    @Test
    void keepsTheOldPairWhileOnlyHalfOfTheNewOneIsThere() {
        Pem.write(mount.resolve("tls.crt"), SECOND.certificatesPem());
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.KEY_MISMATCH);
        Pem.write(mount.resolve("tls.key"), SECOND.keyPem());
        scheduler.advanceTimeBy(INTERVAL);
        assertInUse(SECOND, 2);
    }

    @Test
    void keepsTheOldMaterialWhenAFileIsCutShort() {
        String half = SECOND.keyPem().substring(0, 60);
        new MountedSecret(mount)
                .write(Map.of("tls.crt", SECOND.certificatesPem(), "tls.key", half, "ca.crt", SECOND.authorityPem()));
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.UNREADABLE_CONTENT);
        assertThat(tls.status().lastFailure().orElseThrow().message())
                .contains(mount.resolve("tls.key").toString());
    }

    @Test
    void keepsTheOldMaterialWhenAFileIsGone() throws Exception {
        Files.delete(mount.resolve("ca.crt"));
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.MISSING);
    }

    @Test
    void keepsTheOldMaterialWhenTheNewHasExpired() {
        CA.client("app").expired().issue().writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.EXPIRED);
    }

    @Test
    void takesMaterialOnceItBecomesValid() {
        TestCertificate tomorrow = CA.client("app").notYetValid().issue();
        tomorrow.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.NOT_YET_VALID);
        clock.advance(Duration.ofDays(2));
        scheduler.advanceTimeBy(INTERVAL);
        assertInUse(tomorrow, 2);
    }

    @Test
    void reportsTheSameFailureOnce() throws Exception {
        Instant first = clock.instant();
        Files.delete(mount.resolve("ca.crt"));
        for (int i = 0; i < 5; i++) {
            scheduler.advanceTimeBy(INTERVAL);
            clock.advance(INTERVAL);
        }
        assertThat(seen).hasSize(2);
        assertThat(tls.status().lastFailure()).map(Failure::at).contains(first);
        assertThat(tls.status().failures()).isEqualTo(1);
    }

    @Test
    void countsFailuresBeyondTheirEnd() {
        for (int i = 1; i <= 3; i++) {
            Pem.write(mount.resolve("tls.crt"), "");
            scheduler.advanceTimeBy(INTERVAL);
            assertThat(tls.status().failures()).isEqualTo(i);
            (i % 2 == 0 ? FIRST : SECOND).writeSecret(mount);
            scheduler.advanceTimeBy(INTERVAL);
            assertThat(tls.status().failures()).isEqualTo(i);
            assertThat(tls.status().lastFailure()).isEmpty();
        }
        assertThat(tls.generation()).isEqualTo(4);
    }

    @Test
    void theFewestDaysLeftOfSeveralAuthoritiesCount() {
        Authority old = Authority.until("old", clock.instant().plus(Duration.ofDays(3)));
        Pem.write(mount.resolve("ca.crt"), CA.authorityPem() + old.pem());
        scheduler.advanceTimeBy(INTERVAL);
        assertThat(tls.status().daysLeft(Role.AUTHORITY)).hasValue(2);
    }

    @Test
    void forgetsTheFailureWhenTheOldFilesAreBack() {
        Pem.write(mount.resolve("tls.crt"), "");
        scheduler.advanceTimeBy(INTERVAL);
        assertFailed(FIRST, Reason.UNREADABLE_CONTENT);
        FIRST.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL);
        assertInUse(FIRST, 1);
        assertThat(seen).hasSize(3);
    }

    @Test
    void saysOnceThatACertificateInUseHasExpired() {
        clock.advance(Duration.ofDays(29));
        scheduler.advanceTimeBy(INTERVAL);
        assertThat(tls.status().certificates().get(0).daysLeft()).isZero();
        assertThat(seen).hasSize(1);
        clock.advance(Duration.ofDays(1));
        scheduler.advanceTimeBy(INTERVAL.multipliedBy(3));
        assertThat(seen)
                .hasSize(2)
                .last()
                .satisfies(status ->
                        assertThat(status.certificates().get(0).daysLeft()).isEqualTo(-1));
    }

    @Test
    void aFailingPasswordSupplierDoesNotEndTheFollowing() {
        boolean[] fail = {false};
        FIRST.writeSecret(mount);
        write(FIRST.certificatesPem(), FIRST.encryptedKeyPem("password"));
        TlsOptions options = TlsOptions.builder()
                .mount(mount)
                .reloadInterval(INTERVAL)
                .keyPassword(() -> {
                    if (fail[0]) {
                        throw new IllegalStateException("vault is sealed");
                    }
                    return "password";
                })
                .build();
        try (TlsContext encrypted = TlsContext.open(options, clock, scheduler)) {
            fail[0] = true;
            write(SECOND.certificatesPem(), SECOND.encryptedKeyPem("password"));
            scheduler.advanceTimeBy(INTERVAL);
            assertThat(encrypted.status().lastFailure()).map(Failure::reason).contains(Reason.KEY_PASSWORD);
            fail[0] = false;
            scheduler.advanceTimeBy(INTERVAL);
            assertThat(encrypted.status().generation()).isEqualTo(2);
        }
    }

    @Test
    void aComparisonThatOvertakesItsSchedulingDoesNotEndTheFollowing() {
        TlsOptions options =
                TlsOptions.builder().mount(mount).reloadInterval(INTERVAL).build();
        try (TlsContext overtaken = TlsContext.open(options, clock, new LateScheduler(scheduler))) {
            SECOND.writeSecret(mount);
            scheduler.advanceTimeBy(INTERVAL);
            assertThat(overtaken.generation()).isEqualTo(2);
        }
    }

    @Test
    void zeroReadsTheFilesOnce() {
        TlsOptions options =
                TlsOptions.builder().mount(mount).reloadInterval(Duration.ZERO).build();
        VirtualTimeScheduler unused = VirtualTimeScheduler.create();
        try (TlsContext once = TlsContext.open(options, clock, unused)) {
            assertThat(unused.getScheduledTaskCount()).isZero();
            assertThat(once.status().generation()).isEqualTo(1);
        }
    }

    @Test
    void closeEndsTheFollowingAndTheEvents() {
        tls.close();
        StepVerifier.create(tls.statuses()).expectNextCount(1).verifyComplete();
        SECOND.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL.multipliedBy(3));
        assertInUse(FIRST, 1);
    }

    @Test
    void cancellingTheEventsDoesNotEndTheFollowing() {
        tls.statuses().subscribe().dispose();
        SECOND.writeSecret(mount);
        scheduler.advanceTimeBy(INTERVAL);
        assertInUse(SECOND, 2);
    }

    @Test
    void aSlowSubscriberSeesTheLatestStatus() {
        StepVerifier.create(tls.statuses(), 0)
                .then(() -> {
                    for (int i = 0; i < 5; i++) {
                        (i % 2 == 0 ? SECOND : FIRST).writeSecret(mount);
                        scheduler.advanceTimeBy(INTERVAL);
                    }
                })
                .thenRequest(10)
                .assertNext(status -> assertThat(status.generation()).isEqualTo(6))
                .thenCancel()
                .verify();
    }

    private void write(String certificates, String key) {
        new MountedSecret(mount).write(Map.of("tls.crt", certificates, "tls.key", key, "ca.crt", CA.authorityPem()));
    }

    private TlsMaterial material() {
        return JdbcSslSocketFactory.find(tls.jdbcProperties().get("sslfactoryarg"));
    }

    private void assertInUse(TestCertificate certificate, long generation) {
        assertThat(tls.status().certificates().get(0).serial())
                .isEqualTo(certificate.certificate().getSerialNumber());
        assertThat(tls.status().generation()).isEqualTo(generation);
        assertThat(tls.status().lastFailure()).isEmpty();
    }

    private void assertFailed(TestCertificate inUse, Reason reason) {
        assertThat(tls.status().certificates().get(0).serial())
                .isEqualTo(inUse.certificate().getSerialNumber());
        assertThat(tls.status().lastFailure()).map(Failure::reason).contains(reason);
        assertThat(seen.get(seen.size() - 1).lastFailure())
                .isEqualTo(tls.status().lastFailure());
    }

    /** The first time, the thread that schedules is held up until what it scheduled has run. */
    private static final class LateScheduler implements Scheduler {

        private final VirtualTimeScheduler delegate;
        private boolean late = true;

        LateScheduler(VirtualTimeScheduler delegate) {
            this.delegate = delegate;
        }

        @Override
        public Disposable schedule(Runnable task) {
            return delegate.schedule(task);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            Disposable scheduled = delegate.schedule(task, delay, unit);
            if (late) {
                late = false;
                delegate.advanceTimeBy(Duration.of(delay, unit.toChronoUnit()));
            }
            return scheduled;
        }

        @Override
        public Worker createWorker() {
            return delegate.createWorker();
        }
    }

    /** A clock that stands until it is moved. */
    private static final class TestClock extends Clock {

        private Instant now = Instant.now();

        void advance(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}

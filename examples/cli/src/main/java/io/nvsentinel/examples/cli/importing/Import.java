// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.importing.source.Source;
import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.stream.Stream;

/** One run: batch after batch, then the verification, then the report. */
final class Import {

    private final Invocation invocation;
    private final Source source;
    private final RejectFile rejects;
    private final boolean stopOnError;
    private final Duration lockWait;
    private final Tally tally = new Tally();
    private final ImportProgress progress;

    Import(Invocation invocation, Source source, RejectFile rejects, boolean stopOnError, Duration lockWait) {
        this.invocation = invocation;
        this.source = source;
        this.rejects = rejects;
        this.stopOnError = stopOnError;
        this.lockWait = lockWait;
        this.progress = new ImportProgress(invocation.console(), System::nanoTime);
    }

    /** What is done with a batch. */
    private interface Step {

        void take(Batch batch) throws SQLException;
    }

    /**
     * Converts everything and stores nothing.
     *
     * @param reader reads the source
     * @return the exit code
     */
    int rehearse(BatchReader reader) {
        try {
            each(reader, batch -> tally.stored(batch.documents().size()));
        } catch (SQLException e) {
            throw new IllegalStateException("bug: a dry run used the database", e);
        }
        ImportReport report = new ImportReport(invocation.console());
        report.rehearsed(source.name(), tally);
        report.rejects(rejects);
        return ended(tally.rejected() > 0);
    }

    /**
     * Stores and verifies.
     *
     * @param reader reads the source
     * @param connection to the database
     * @param collection where records go
     * @param name what to call it
     * @return the exit code
     * @throws SQLException if the server fails
     */
    int store(BatchReader reader, Connection connection, CollectionTable collection, String name) throws SQLException {
        CollectionWriter writer = new CollectionWriter(connection, collection, lockWait);
        Verification verification = new Verification(connection, collection);
        try (Receipts receipts = new Receipts()) {
            each(reader, batch -> store(batch, writer, receipts));
            String speed = progress.summary(tally);
            if (!invocation.isInterrupted()) {
                receipts.read(verification::verify);
            }
            ImportReport report = new ImportReport(invocation.console());
            report.stored(source.name(), name, tally, speed);
            report.rejects(rejects);
            report.verified(verification, name);
        }
        return ended(tally.rejected() + verification.missing() + verification.different() > 0);
    }

    private int ended(boolean findings) {
        return invocation.ended(findings ? ExitCode.FINDING : ExitCode.OK);
    }

    private void each(BatchReader reader, Step step) throws SQLException {
        try (Stream<Batch> batches = reader.batches()) {
            Iterator<Batch> rest = batches.iterator();
            while (!invocation.isInterrupted() && !(stopOnError && tally.rejected() > 0) && rest.hasNext()) {
                Batch batch = rest.next();
                step.take(batch);
                batch.rejects().forEach(this::reject);
                rejects.flush();
                progress.show(tally, source.share());
            }
        }
    }

    private void store(Batch batch, CollectionWriter writer, Receipts receipts) throws SQLException {
        CollectionWriter.Outcome outcome = writer.store(batch.documents());
        tally.stored(outcome.stored());
        tally.present(outcome.present());
        outcome.refused().forEach(this::reject);
        Set<SourceDocument> refused = new HashSet<>();
        outcome.refused().forEach(one -> refused.add(one.source()));
        batch.documents().stream()
                .filter(document -> !refused.contains(document.source()))
                .forEach(receipts::add);
    }

    private void reject(Batch.Reject reject) {
        rejects.add(reject);
        tally.rejected(1);
    }
}

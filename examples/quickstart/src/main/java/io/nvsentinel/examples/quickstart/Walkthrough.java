// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** The story: store and watch, stop watching, store more, and catch up. */
final class Walkthrough {

    private static final Duration SILENCE = Duration.ofSeconds(2);
    private static final int NODE_WIDTH = "gpu-node-0001".length();

    private final Datastore datastore;
    private final Target target;
    private final Terminal terminal;
    private final Ledger ledger;
    private final ChangePrinter printer;
    private final SampleEvents samples;
    private final Writer writer;

    Walkthrough(Datastore datastore, Target target, Terminal terminal, Ledger ledger) {
        this.datastore = datastore;
        this.target = target;
        this.terminal = terminal;
        this.ledger = ledger;
        this.printer =
                new ChangePrinter(terminal, NODE_WIDTH + target.nodePrefix().length());
        this.samples = new SampleEvents(target.nodePrefix());
        this.writer = new Writer(datastore.healthEvents(), ledger);
    }

    /**
     * Runs the steps.
     *
     * @param closer stops the subscribers if anything fails
     * @return the subscriber that caught up and still watches
     */
    Subscriber run(Closer closer) {
        terminal.title("Watch the health events as client \"" + target.clientName() + "\"");
        Subscriber first = subscribe(closer);
        printer.header();
        storeSamples();
        UUID xid79 = writer.insert(samples.xid79());
        quarantineAndDrain(xid79);
        UUID fatal = writer.insert(samples.fatal());
        awaitDelivery();
        terminal.title("Stop the subscriber, and write 5 changes while it is stopped");
        first.stop();
        writer.remediate(xid79);
        quarantineAndDrain(fatal);
        writer.insert(samples.xid79());
        terminal.detail("written: 5");
        return catchUp(closer);
    }

    private Subscriber subscribe(Closer closer) {
        return closer.open(() -> Subscriber.start(datastore, target.clientName(), printer, ledger), Subscriber::stop);
    }

    private void storeSamples() {
        List<HealthEventDocument> exported = samples.exported();
        printer.startCounting();
        writer.insertAll(exported);
        awaitDelivery();
        printer.stopCounting();
    }

    private void quarantineAndDrain(UUID event) {
        writer.quarantine(event);
        writer.evict(event, Status.IN_PROGRESS, "evicting user pods");
        writer.evict(event, Status.SUCCEEDED, "no user pods left");
    }

    private Subscriber catchUp(Closer closer) {
        int before = ledger.summary().received();
        terminal.title("Resume as client \"" + target.clientName() + "\": exactly the missed changes arrive");
        printer.header();
        Subscriber second = subscribe(closer);
        awaitDelivery();
        terminal.detail("arrived: " + (ledger.summary().received() - before));
        return second;
    }

    /** Waits until all written changes have arrived; if none arrive, the server is often unavailable. */
    private void awaitDelivery() {
        long deadline = System.nanoTime() + Wait.LONGEST.toNanos();
        while (!ledger.awaitComplete(SILENCE)) {
            Wait.until("checking that the server is available", datastore.ping());
            if (System.nanoTime() > deadline) {
                throw new QuickstartException(ledger.summary().lost() + " of "
                        + ledger.summary().written() + " changes did not arrive within " + Wait.LONGEST.toSeconds()
                        + " s");
            }
        }
    }
}

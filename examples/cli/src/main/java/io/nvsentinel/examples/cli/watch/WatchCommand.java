// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.watch;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.OwnershipPolicy;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Logs;
import io.nvsentinel.examples.cli.Starts;
import io.nvsentinel.examples.cli.ToolException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code nvsentinel watch}. */
@Command(
        name = "watch",
        description = "Prints every committed change as it arrives, until Ctrl-C.",
        footer = {
            "",
            "With --json, prints one line for each change: operation, collection, recordId, "
                    + "changedAt, transactionId, document, before, resumeToken, and for updates "
                    + "updatedFields and removedFields. An image that the changelog does not keep is null.",
            "The filter uses the field paths of MongoDB's change events: operationType, ns.coll, "
                    + "documentKey._id, fullDocument.…,"
                    + " fullDocumentBeforeChange.…, updateDescription.updatedFields.….",
            "",
            "Examples:",
            "  nvsentinel watch --collection health_events",
            "  nvsentinel watch --filter '{\"operationType\": \"insert\", \"fullDocument.healthevent.isfatal\": true}'",
            "  nvsentinel watch --from 1h --json | jq .document",
            "  nvsentinel watch --client audit --json >> audit.jsonl      continues after its last change"
        })
public final class WatchCommand implements Callable<Integer> {

    /** So many changes may wait for a slow reader; the stream reads no further. */
    private static final int AHEAD = 64;

    private static final DocumentCodec<Map<String, @Nullable Object>> TREES =
            DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> tree);

    private final Invocation invocation;

    @Mixin
    private final ConnectionArguments connection;

    @Option(names = "--collection", paramLabel = "NAME", description = "Only this collection; can be repeated.")
    private List<String> collections = List.of();

    @Option(
            names = "--filter",
            paramLabel = "JSON",
            description = "Only changes that match this filter, in the language of MongoDB's $match.")
    private @Nullable String filter;

    @Option(
            names = "--client",
            paramLabel = "NAME",
            description = "Store the position under this client name after each printed change, and "
                    + "continue there next time.")
    private @Nullable String client;

    @Option(names = "--take-over", description = "Take over the client from the process that reads with its name.")
    private boolean takeOver;

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            defaultValue = "now",
            description = "Where to start (default: now) if the client has no stored position: " + Starts.FORM)
    private String from = "now";

    @Option(names = "--limit", paramLabel = "NUMBER", description = "Stop after this number of changes.")
    private long limit = Long.MAX_VALUE;

    @Option(names = "--json", description = "Print a JSON object for each change.")
    private boolean json;

    /**
     * The command.
     *
     * @param invocation the run
     */
    WatchCommand(Invocation invocation) {
        this.invocation = invocation;
        this.connection = new ConnectionArguments(invocation);
    }

    @Override
    public Integer call() {
        if (limit < 1) {
            throw ToolException.usage("--limit must be 1 or more, not " + limit);
        }
        WatchOptions options = options(Starts.parse("--from", from), selection());
        Logs.showWarnings();
        invocation.withStreams(
                connection.options(),
                (datastore, streams) -> known(datastore).then(left(streams)).then(printed(streams, options)));
        return invocation.ended(ExitCode.OK);
    }

    private WatchOptions options(StartAt start, Filter wanted) {
        WatchOptions.Builder options = WatchOptions.builder()
                .startAt(start)
                .filter(wanted)
                .ownershipPolicy(takeOver ? OwnershipPolicy.TAKE_OVER : OwnershipPolicy.FAIL)
                .onSubscribed(token -> started());
        if (client != null) {
            options.clientName(client);
        }
        return options.build();
    }

    private Filter selection() {
        Filter matching = filter == null ? Filter.all() : parse(filter);
        return collections.isEmpty() ? matching : Filter.and(Filter.in("ns.coll", collections), matching);
    }

    private static Filter parse(String text) {
        try {
            return Filter.parse(JsonCodec.jackson3().readTree(text.getBytes(StandardCharsets.UTF_8)));
        } catch (DatastoreException e) {
            throw ToolException.usage("--filter is invalid: " + e.getMessage());
        }
    }

    /** With a misspelled collection name, a stream would wait forever. */
    private Mono<Void> known(Datastore datastore) {
        return Flux.fromIterable(collections)
                .concatMap(name -> datastore
                        .collection(name, TREES)
                        .exists(Filter.all())
                        .onErrorMap(
                                error -> error instanceof DatastoreException ours && "42P01".equals(ours.sqlState()),
                                error -> ToolException.usage("there is no collection " + name)))
                .then();
    }

    private Mono<Void> left(ChangeStreams streams) {
        return client == null
                ? Mono.empty()
                : streams.clients()
                        .find(client)
                        .doOnNext(known -> invocation
                                .console()
                                .say(client + " continues at its stored position, " + known.lag() + " changes behind"))
                        .then();
    }

    private void started() {
        invocation.console().say("Watching; press Ctrl-C to stop");
        if (!json) {
            invocation.console().say(ChangeText.header());
        }
    }

    private Mono<Void> printed(ChangeStreams streams, WatchOptions options) {
        return streams.watchAll(options)
                // Printing may block, which the threads that changes come on must not.
                .publishOn(Schedulers.boundedElastic(), AHEAD)
                .take(limit)
                .takeUntilOther(invocation.interruption())
                .takeWhile(this::print)
                .then();
    }

    /** What could not be printed is not acknowledged. */
    private boolean print(ChangeEvent<Map<String, @Nullable Object>> change) {
        Console console = invocation.console();
        boolean read = console.line(json ? ChangeJson.line(change) : ChangeText.line(change, console));
        if (read) {
            change.acknowledge();
        }
        return read;
    }
}

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
        description = "Prints every committed change as it comes, until Ctrl-C.",
        footer = {
            "",
            "With --json, a line for each change: operation, collection, recordId, changedAt, transactionId, document,"
                    + " before, for updates updatedFields and removedFields, and resumeToken. What the changelog does not"
                    + " keep is null.",
            "The filter has the paths of MongoDB's change events: operationType, ns.coll, documentKey._id, fullDocument.…,"
                    + " fullDocumentBeforeChange.…, updateDescription.updatedFields.….",
            "",
            "Examples:",
            "  nvsentinel watch --collection health_events",
            "  nvsentinel watch --filter '{\"operationType\": \"insert\", \"fullDocument.healthevent.isfatal\": true}'",
            "  nvsentinel watch --from 1h --json | jq .document",
            "  nvsentinel watch --client audit --json >> audit.jsonl      goes on where it left off"
        })
public final class WatchCommand implements Callable<Integer> {

    /** So many changes may wait for a slow reader; the stream reads no further. */
    private static final int AHEAD = 64;

    private static final DocumentCodec<Map<String, @Nullable Object>> TREES =
            DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> tree);

    private final Invocation invocation;

    @Mixin
    private final ConnectionArguments connection;

    @Option(names = "--collection", paramLabel = "NAME", description = "Only this collection; may be repeated.")
    private List<String> collections = List.of();

    @Option(names = "--filter", paramLabel = "JSON", description = "Only changes that match, as MongoDB's $match.")
    private @Nullable String filter;

    @Option(
            names = "--client",
            paramLabel = "NAME",
            description = "Store the position under this name after each printed change, and go on there next time.")
    private @Nullable String client;

    @Option(names = "--take-over", description = "Cut off who reads under the client's name now.")
    private boolean takeOver;

    @Option(
            names = "--from",
            paramLabel = "PLACE",
            defaultValue = "now",
            description = "Where to start (default: now), if the client has not left off anywhere: " + Starts.FORM)
    private String from = "now";

    @Option(names = "--limit", paramLabel = "NUMBER", description = "End after so many changes.")
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
            throw ToolException.usage("--filter cannot be used: " + e.getMessage());
        }
    }

    /** A stream would wait for ever for the changes of a collection whose name is a typing error. */
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
                                .say(client + " goes on where it left off, " + known.lag() + " changes behind"))
                        .then();
    }

    private void started() {
        invocation.console().say("Watching; Ctrl-C ends it");
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import io.nvsentinel.changestream.processing.DeadLetter;
import io.nvsentinel.changestream.processing.DeadLetters;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import io.nvsentinel.examples.cli.Table;
import io.nvsentinel.examples.cli.ToolException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code nvsentinel dead-letters}. */
@Command(
        name = "dead-letters",
        description = "Lists, replays and deletes the changes that processors could not handle.")
public final class DeadLettersCommand {

    private static final int LONGEST_ERROR = 100;

    private final Invocation invocation;

    /**
     * The command.
     *
     * @param invocation the run
     */
    DeadLettersCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Command(
            name = "list",
            description = "Lists the dead letters, without their documents.",
            footer = {
                "",
                "With --json, prints one line for each dead letter: id, client, collection, recordId, "
                        + "operation, changedAt, errorClass,"
                        + " errorMessage, attempts, firstFailedAt, lastFailedAt, replayRequested, resumeToken."
            })
    int list(
            @Mixin ConnectionArguments connection,
            @Parameters(arity = "0..1", paramLabel = "CLIENT", description = "Only the dead letters of this client.")
                    @Nullable
                    String client,
            @Option(names = "--json", description = "Print a JSON object for each dead letter.") boolean json) {
        Table table = new Table("ID", "CLIENT", "COLLECTION", "RECORD", "OPERATION", "FAILED", "ATTEMPTS", "ERROR");
        Long listed = invocation.withStreams(
                connection.options(),
                (datastore, streams) -> all(streams.deadLetters(), client)
                        .takeWhile(letter -> {
                            if (json) {
                                return invocation.console().line(Json.line(values(letter)));
                            }
                            row(table, letter);
                            return true;
                        })
                        .count());
        table.print(invocation.console());
        if (listed != null && listed == 0) {
            invocation.console().say("There are no dead letters");
        }
        return invocation.ended(ExitCode.OK);
    }

    private static Flux<DeadLetter> all(DeadLetters letters, @Nullable String client) {
        return client != null
                ? letters.list(client)
                : letters.counts().flatMapIterable(Map::keySet).concatMap(letters::list, 1);
    }

    private static void row(Table table, DeadLetter letter) {
        table.row(
                Long.toString(letter.id()),
                letter.clientName(),
                letter.collection(),
                letter.recordId() == null ? "-" : letter.recordId().toString(),
                letter.operation().name().toLowerCase(Locale.ROOT),
                letter.lastFailedAt().toString(),
                letter.attempts() + (letter.replayRequested() ? ", replay" : ""),
                error(letter));
    }

    private static String error(DeadLetter letter) {
        String type = letter.errorClass().substring(letter.errorClass().lastIndexOf('.') + 1);
        String text = letter.errorMessage() == null ? type : type + ": " + letter.errorMessage();
        String line = text.replaceAll("\\s+", " ");
        return line.length() <= LONGEST_ERROR ? line : line.substring(0, LONGEST_ERROR - 3) + "...";
    }

    private static Map<String, @Nullable Object> values(DeadLetter letter) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("id", letter.id());
        values.put("client", letter.clientName());
        values.put("collection", letter.collection());
        values.put(
                "recordId", letter.recordId() == null ? null : letter.recordId().toString());
        values.put("operation", letter.operation().name().toLowerCase(Locale.ROOT));
        values.put("changedAt", letter.changedAt().toString());
        values.put("errorClass", letter.errorClass());
        values.put("errorMessage", letter.errorMessage());
        values.put("attempts", letter.attempts());
        values.put("firstFailedAt", letter.firstFailedAt().toString());
        values.put("lastFailedAt", letter.lastFailedAt().toString());
        values.put("replayRequested", letter.replayRequested());
        values.put("resumeToken", letter.resumeToken().encode());
        return values;
    }

    @Command(
            name = "replay",
            description = {
                "Requests that dead letters are processed again, by the running processor of their "
                        + "client or by the next one that starts. A dead letter that is handled "
                        + "successfully is removed."
            },
            footer = {
                "",
                "Exit code 1: none of these dead letters exists.",
                "",
                "Examples:",
                "  nvsentinel dead-letters replay 17 18",
                "  nvsentinel dead-letters replay --all node-drainer"
            })
    int replay(
            @Mixin ConnectionArguments connection,
            @Parameters(arity = "0..*", paramLabel = "ID", description = "Which ones.") long @Nullable [] ids,
            @Option(names = "--all", paramLabel = "CLIENT", description = "All dead letters of this client.") @Nullable
                    String client) {
        return change(connection, ids, client, DeadLetters::replay, DeadLetters::replayAll, "to be replayed");
    }

    @Command(
            name = "delete",
            description = "Deletes dead letters permanently.",
            footer = {
                "",
                "Exit code 1: none of these dead letters exists.",
                "",
                "Examples:",
                "  nvsentinel dead-letters delete 17 18",
                "  nvsentinel dead-letters delete --all node-drainer"
            })
    int delete(
            @Mixin ConnectionArguments connection,
            @Parameters(arity = "0..*", paramLabel = "ID", description = "Which ones.") long @Nullable [] ids,
            @Option(names = "--all", paramLabel = "CLIENT", description = "All dead letters of this client.") @Nullable
                    String client) {
        return change(connection, ids, client, DeadLetters::delete, DeadLetters::deleteAll, "deleted");
    }

    /** Does something to one dead letter. */
    private interface One {
        Mono<Boolean> apply(DeadLetters letters, long id);
    }

    /** Does something to all of a client. */
    private interface All {
        Mono<Long> apply(DeadLetters letters, String client);
    }

    private int change(
            ConnectionArguments connection,
            long @Nullable [] ids,
            @Nullable String client,
            One one,
            All all,
            String what) {
        List<Long> which = ids == null ? List.of() : Arrays.stream(ids).boxed().toList();
        if (which.isEmpty() == (client == null)) {
            throw ToolException.usage("pass either ids or --all CLIENT");
        }
        Long changed = invocation.withStreams(connection.options(), (datastore, streams) -> {
            DeadLetters letters = streams.deadLetters();
            return client != null
                    ? all.apply(letters, client)
                    : Flux.fromIterable(which)
                            .concatMap(id -> one.apply(letters, id))
                            .filter(there -> there)
                            .count();
        });
        long count = Objects.requireNonNullElse(changed, 0L);
        invocation.console().say(count + (count == 1 ? " dead letter is " : " dead letters are ") + what);
        return invocation.ended(count == 0 ? ExitCode.FINDING : ExitCode.OK);
    }
}

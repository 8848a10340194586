// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.admin.ClientStatus;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import io.nvsentinel.examples.cli.Starts;
import io.nvsentinel.examples.cli.Table;
import io.nvsentinel.examples.cli.Times;
import io.nvsentinel.examples.cli.ToolException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

/** {@code nvsentinel clients}. */
@Command(name = "clients", description = "Lists, resets and deletes the named clients of change streams.")
public final class ClientsCommand {

    private final Invocation invocation;

    /**
     * The command.
     *
     * @param invocation the run
     */
    ClientsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Command(
            name = "list",
            description = "Lists the clients: lag, owner, and the time when each was last seen.",
            footer = {
                "",
                "With --json, prints one line for each client: client, lag, behindSince, owner, "
                        + "owned, lastSeen, cutOff, epoch,"
                        + " historyLost, resumeToken."
            })
    int list(
            @Mixin ConnectionArguments connection,
            @Option(names = "--json", description = "Print a JSON object for each client.") boolean json) {
        List<ClientStatus> clients = invocation.withStreams(
                connection.options(),
                (datastore, streams) -> streams.clients().list().collectList());
        if (clients == null) {
            return ExitCode.INTERRUPTED;
        }
        if (json) {
            clients.stream().map(client -> Json.line(values(client))).allMatch(invocation.console()::line);
        } else {
            table(clients);
        }
        return ExitCode.OK;
    }

    private void table(List<ClientStatus> clients) {
        Table table = new Table("CLIENT", "BEHIND", "SINCE", "SEEN", "OWNER");
        Instant now = Instant.now();
        for (ClientStatus client : clients) {
            table.row(
                    client.clientName(),
                    client.isHistoryLost() ? "history lost" : Long.toString(client.lag()),
                    ago(client.behindSince(), now),
                    ago(client.lastSeen(), now),
                    client.isOwned() ? String.valueOf(client.owner()) : "none");
        }
        table.print(invocation.console());
        if (clients.isEmpty()) {
            invocation.console().say("There are no clients");
        }
    }

    private static String ago(@Nullable Instant time, Instant now) {
        if (time == null) {
            return "-";
        }
        Duration age = Duration.between(time, now);
        return Times.text(age.isNegative() ? Duration.ZERO : age) + " ago";
    }

    private static Map<String, @Nullable Object> values(ClientStatus client) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("client", client.clientName());
        values.put("lag", client.lag());
        values.put("behindSince", text(client.behindSince()));
        values.put("owner", client.owner());
        values.put("owned", client.isOwned());
        values.put("lastSeen", text(client.lastSeen()));
        values.put("cutOff", text(client.cutOff()));
        values.put("epoch", client.epoch());
        values.put("historyLost", client.isHistoryLost());
        values.put("resumeToken", client.resumeToken().encode());
        return values;
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }

    @Command(
            name = "reset",
            description = {
                "Sets the position of a client, or of all partitions of a group. A process that reads "
                        + "with this client name is disconnected within about a second; it starts at the "
                        + "new position when it opens the client again."
            },
            footer = {
                "",
                "Examples:",
                "  nvsentinel clients reset node-drainer --to now          skip the changes it has not received",
                "  nvsentinel clients reset node-drainer --to 2h           receive the last two hours again",
                "  nvsentinel clients reset node-drainer --to 2026-11-24T08:30:00Z"
            })
    int reset(
            @Mixin ConnectionArguments connection,
            @Parameters(paramLabel = "CLIENT", description = "The client's name.") String client,
            @Option(names = "--to", required = true, paramLabel = "PLACE", description = Starts.FORM) String to,
            @Option(names = "--create", description = "Create the client if it does not exist.") boolean create) {
        StartAt start = Starts.parse("--to", to);
        Boolean known = invocation.withStreams(
                connection.options(),
                (datastore, streams) -> streams.clients()
                        .list()
                        .any(one -> isOf(client, one.clientName()))
                        .flatMap(there -> there || create
                                ? streams.clients().reset(client, start).thenReturn(true)
                                : Mono.just(false)));
        if (Boolean.FALSE.equals(known)) {
            throw new ToolException(
                    ExitCode.REFUSED,
                    "there is no client " + client,
                    "use --create to create it; nvsentinel clients list shows the clients");
        }
        return done(client + " starts " + Starts.text(to));
    }

    /** Each partition of a group is a separate client. */
    private static boolean isOf(String client, String known) {
        return known.equals(client)
                || (known.startsWith(client + "#")
                        && known.substring(client.length() + 1).matches("\\d+"));
    }

    @Command(
            name = "delete",
            description = {
                "Deletes a client, or a group, with its position: retention no longer keeps changes "
                        + "for it, and a process that opens the name later starts as a new client. Its dead "
                        + "letters stay."
            },
            footer = {"", "Exit code 1: there is no such client."})
    int delete(
            @Mixin ConnectionArguments connection,
            @Parameters(paramLabel = "CLIENT", description = "The client's name.") String client) {
        Boolean deleted = invocation.withStreams(
                connection.options(), (datastore, streams) -> streams.clients().delete(client));
        if (Boolean.FALSE.equals(deleted)) {
            invocation.console().say("There is no client " + client);
            return ExitCode.FINDING;
        }
        return done(client + " is forgotten");
    }

    private int done(String what) {
        if (!invocation.isInterrupted()) {
            invocation.console().say(what);
        }
        return invocation.ended(ExitCode.OK);
    }
}

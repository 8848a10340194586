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
@Command(name = "clients", description = "Shows and moves the named clients of change streams.")
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
            description = "Lists the clients: how far behind, who reads, and when it was last seen.",
            footer = {
                "",
                "With --json, a line for each: client, lag, behindSince, owner, owned, lastSeen, cutOff, epoch,"
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
                    client.isOwned() ? String.valueOf(client.owner()) : "nobody");
        }
        table.print(invocation.console());
        if (clients.isEmpty()) {
            invocation.console().say("No client is known");
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
                "Moves a client, or all partitions of a group. Whoever reads under the name now is cut off within about a"
                        + " second, and starts there when it opens the name again."
            },
            footer = {
                "",
                "Examples:",
                "  nvsentinel clients reset node-drainer --to now          forget what it has not seen",
                "  nvsentinel clients reset node-drainer --to 2h           see the last two hours again",
                "  nvsentinel clients reset node-drainer --to 2026-11-24T08:30:00Z"
            })
    int reset(
            @Mixin ConnectionArguments connection,
            @Parameters(paramLabel = "CLIENT", description = "The client's name.") String client,
            @Option(names = "--to", required = true, paramLabel = "PLACE", description = Starts.FORM) String to,
            @Option(names = "--create", description = "Make the client known if it is not.") boolean create) {
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
                    "--create makes one; nvsentinel clients list tells which there are");
        }
        return done(client + " starts " + Starts.text(to));
    }

    /** The partitions of a group are clients of their own. */
    private static boolean isOf(String client, String known) {
        return known.equals(client)
                || (known.startsWith(client + "#")
                        && known.substring(client.length() + 1).matches("\\d+"));
    }

    @Command(
            name = "delete",
            description = {
                "Forgets a client, or a group: it no longer keeps changes from being removed, and who opens the name next"
                        + " is new. Its dead letters stay."
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

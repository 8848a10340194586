// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import io.nvsentinel.changestream.ChangeStreamStatus;
import io.nvsentinel.changestream.ClientLag;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import io.nvsentinel.examples.cli.Table;
import io.nvsentinel.examples.cli.Times;
import io.nvsentinel.examples.cli.ToolException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nvsentinel lag}. */
@Command(
        name = "lag",
        description = "Shows how far the named clients are behind, and fails if a client exceeds a limit.",
        footer = {
            "",
            "Exit code 1: a client exceeds --max-changes or --max-age.",
            "With --json, prints one line for each client: client, changes, ageSeconds, tooFar.",
            "",
            "Examples:",
            "  nvsentinel lag",
            "  nvsentinel lag node-drainer --max-age 5m || notify-operator"
        })
public final class LagCommand implements Callable<Integer> {

    private static final double MILLIS = 1000.0;

    private final Invocation invocation;

    @Mixin
    private final ConnectionArguments connection;

    @Parameters(arity = "0..*", paramLabel = "CLIENT", description = "Only these clients; each must exist.")
    private Set<String> wanted = Set.of();

    @Option(
            names = "--max-changes",
            paramLabel = "NUMBER",
            description = "Fail if a client has more pending changes than this.")
    private long maxChanges = Long.MAX_VALUE;

    @Option(
            names = "--max-age",
            paramLabel = "TIME",
            description = "Fail if the oldest pending change is older than this, for example 5m.")
    private @Nullable Duration maxAge;

    @Option(names = "--json", description = "Print a JSON object for each client.")
    private boolean json;

    /**
     * The command.
     *
     * @param invocation the run
     */
    LagCommand(Invocation invocation) {
        this.invocation = invocation;
        this.connection = new ConnectionArguments(invocation);
    }

    @Override
    public Integer call() {
        ChangeStreamStatus status =
                invocation.withStreams(connection.options(), (datastore, streams) -> streams.status());
        if (status == null) {
            return ExitCode.INTERRUPTED;
        }
        List<ClientLag> clients = wanted(status.clients());
        print(clients);
        return clients.stream().anyMatch(this::isTooFar) ? ExitCode.FINDING : ExitCode.OK;
    }

    private List<ClientLag> wanted(List<ClientLag> all) {
        Set<String> missing = new TreeSet<>(wanted);
        missing.removeAll(all.stream().map(ClientLag::clientName).collect(Collectors.toSet()));
        if (!missing.isEmpty()) {
            throw new ToolException(
                    ExitCode.REFUSED,
                    "there is no client " + String.join(", ", missing),
                    "nvsentinel clients list shows the clients");
        }
        return all.stream()
                .filter(client -> wanted.isEmpty() || wanted.contains(client.clientName()))
                .toList();
    }

    private boolean isTooFar(ClientLag client) {
        return client.changes() > maxChanges || (maxAge != null && client.age().compareTo(maxAge) > 0);
    }

    private void print(List<ClientLag> clients) {
        if (json) {
            clients.stream().map(client -> Json.line(values(client))).allMatch(invocation.console()::line);
            return;
        }
        Table table = new Table("CLIENT", "CHANGES", "AGE", "");
        for (ClientLag client : clients) {
            table.row(
                    client.clientName(),
                    Long.toString(client.changes()),
                    Times.text(client.age()),
                    isTooFar(client) ? "too far" : "");
        }
        table.print(invocation.console());
        if (clients.isEmpty()) {
            invocation.console().say("There are no clients");
        }
    }

    private Map<String, @Nullable Object> values(ClientLag client) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("client", client.clientName());
        values.put("changes", client.changes());
        values.put("ageSeconds", client.age().toMillis() / MILLIS);
        values.put("tooFar", isTooFar(client));
        return values;
    }
}

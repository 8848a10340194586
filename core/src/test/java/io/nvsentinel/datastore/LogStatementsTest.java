// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Nothing foreign reaches a log but through {@code Printable.line}: each argument of each log statement of the library is a
 * literal, goes through it, is an exception, or stands in the list below because its characters are the library's own.
 */
class LogStatementsTest {

    private static final Pattern STATEMENT = Pattern.compile("\\bLOG\\.(?:trace|debug|info|warn|error)\\(");
    private static final Pattern LITERAL = Pattern.compile("(?:\"(?:\\\\.|[^\"\\\\])*+\"\\s*\\+?\\s*)+");
    private static final Pattern EXCEPTION = Pattern.compile("e|error|givenUp\\.error");

    /** Numbers, durations, ids, tokens, class names, options that are checked when they are set, and what is cleaned before. */
    private static final Set<String> OWN = Set.of(
            "AbandonedWrites: found.pid()",
            "Acknowledgements: pending.element().id",
            "Acknowledgements: pending.size()",
            "Attempts: givenUp.attempts",
            "Attempts: name(task)",
            "DefaultDatastore: Addresses.text(options.addresses())",
            "DefaultDatastore: options.database()",
            "DefaultDatastore: options.maxConnections()",
            "DefaultDatastore: options.username()",
            "ForeignRows: row.id()",
            "GapReport: gapAt",
            "GapReport: now - since",
            "GapReport: position",
            "Group: partition",
            "IdJumps: before.changedAt()",
            "IdJumps: before.id()",
            "IdJumps: row.changedAt()",
            "IdJumps: row.id()",
            "Listeners: listener.getClass().getName()",
            "MaterialSource: e.getMessage()",
            "MaterialSource: expired",
            "MaterialSource: first.describe()",
            "MaterialSource: fresh.describe()",
            "MaterialSource: options.mode().libpqName()",
            "Observer: listener.getClass().getName()",
            "Opening: request.options().clientName() == null ? \"A watch\" : request.options().clientName()",
            "Opening: token.id()",
            "OptionValues: before.fault",
            "OptionValues: next.source.label()",
            "Outage: before",
            "Ownership: owned.client()",
            "Ownership: token.id()",
            "ResumeTokens: owned.client()",
            "Restarts: options.onHistoryLost()",
            "Restarts: pause.toMillis()",
            "Restarts: who()",
            "RetryPolicy: TELL_AFTER.toSeconds()",
            "RetryPolicy: at.id()",
            "RetryPolicy: count.get()",
            "SchemaSafety: schema",
            "SessionFaults: why",
            "StandbyHost: REST.toSeconds()",
            "StoredDeadLetters: id",
            "Watch: owned.client()",
            "WatchOptions: change.operation()",
            "WatchOptions: change.recordId()",
            "WatchOptions: change.resumeToken()");

    @Test
    void everyArgumentIsCleanedOrIsTheLibrarysOwn() throws IOException {
        Set<String> others = new TreeSet<>();
        int statements = 0;
        for (String module : List.of("tls", "core", "changestream")) {
            for (Path file : sources(module)) {
                String source = Files.readString(file);
                Matcher statement = STATEMENT.matcher(source);
                while (statement.find()) {
                    statements++;
                    for (String argument : arguments(source, statement.end())) {
                        if (!isClean(argument)) {
                            others.add(file.getFileName().toString().replace(".java", "") + ": " + argument);
                        }
                    }
                }
            }
        }

        assertThat(statements).isGreaterThan(30);
        others.removeIf(argument -> argument.startsWith("TlsContext: options.mode() == SslMode.PREFER ? \""));
        assertThat(others)
                .as("arguments that need Printable.line, or a place in the list if they are the library's own")
                .isSubsetOf(OWN);
        assertThat(OWN).as("entries that no statement has any more").isSubsetOf(others);
    }

    private static boolean isClean(String argument) {
        return LITERAL.matcher(argument).matches()
                || argument.startsWith("Printable.line(")
                || EXCEPTION.matcher(argument).matches();
    }

    private static List<Path> sources(String module) throws IOException {
        try (Stream<Path> files = Files.walk(SchemaFile.ROOT.resolve(module).resolve("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    /** Those between the opening parenthesis before a place and its closing one. */
    private static List<String> arguments(String source, int from) {
        List<String> arguments = new ArrayList<>();
        int depth = 1;
        boolean quoted = false;
        int begin = from;
        for (int i = from; depth > 0; i++) {
            char character = source.charAt(i);
            if (quoted) {
                i += character == '\\' ? 1 : 0;
                quoted = character != '"';
            } else if (character == '"') {
                quoted = true;
            } else if (character == '(' || character == '[' || character == '{') {
                depth++;
            } else if (character == ')' || character == ']' || character == '}') {
                depth--;
            }
            if (!quoted && (depth == 0 || depth == 1 && character == ',')) {
                arguments.add(source.substring(begin, i).strip().replaceAll("\\s+", " "));
                begin = i + 1;
            }
        }
        return arguments;
    }
}

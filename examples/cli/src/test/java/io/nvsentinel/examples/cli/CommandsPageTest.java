// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;

/** The table in docs/cli.md of commands against the commands themselves. */
class CommandsPageTest {

    private static final Pattern ROW = Pattern.compile("^\\| `([a-z -]+)` \\|", Pattern.MULTILINE);

    @Test
    void theTableHasEveryCommand() throws IOException {
        String readme = Files.readString(Path.of("../../docs/cli.md"));
        String table =
                readme.substring(readme.indexOf("<!-- cli-commands -->"), readme.indexOf("<!-- /cli-commands -->"));

        assertThat(ROW.matcher(table).results().map(row -> row.group(1)).toList())
                .containsExactlyInAnyOrderElementsOf(commands());
    }

    @TestFactory
    List<DynamicTest> everyCommandExplainsItself() {
        return commands().stream()
                .map(command -> DynamicTest.dynamicTest(command, () -> {
                    Run help = Run.with(Map.of(), (command + " --help").split(" "));
                    assertThat(help.exitCode()).isZero();
                    assertThat(help.text()).contains("Usage: nvsentinel " + command, "Exit codes:");
                }))
                .toList();
    }

    private static List<String> commands() {
        List<String> commands = new ArrayList<>();
        collect(commands, "", new Main(new Invocation(Console.system(Map.of()), Map.of())).commandLine());
        return commands;
    }

    private static void collect(List<String> commands, String parents, CommandLine parent) {
        parent.getSubcommands().forEach((name, command) -> {
            if (command.getSubcommands().isEmpty()) {
                commands.add(parents + name);
            } else {
                collect(commands, parents + name + " ", command);
            }
        });
    }
}

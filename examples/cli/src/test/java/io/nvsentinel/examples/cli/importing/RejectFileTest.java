// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.examples.cli.ToolException;
import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The file with rejected documents holds documents: it is new, private, and replaces nothing. */
@DisabledOnOs(OS.WINDOWS)
class RejectFileTest {

    private static final String KEPT = "not to be lost";

    @TempDir
    private Path directory;

    private Path victim;

    @BeforeEach
    void aFileOfSomebodyElse() throws IOException {
        victim = Files.writeString(directory.resolve("victim"), KEPT);
    }

    @Test
    void isReadableByItsOwnerOnly() throws IOException {
        Path file = directory.resolve("rejects.jsonl");
        try (RejectFile rejects = RejectFile.at(file)) {
            rejects.add(reject());
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void isRefusedBeforeAnythingIsReadWhenItExists() throws IOException {
        assertThatThrownBy(() -> RejectFile.at(victim))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("exists");
        assertThat(victim).hasContent(KEPT);
    }

    @Test
    void isRefusedWhenItIsALink() throws IOException {
        Path toFile = Files.createSymbolicLink(directory.resolve("link"), victim);
        Path toNothing = Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("elsewhere"));

        assertThatThrownBy(() -> RejectFile.at(toFile)).isInstanceOf(ToolException.class);
        assertThatThrownBy(() -> RejectFile.at(toNothing)).isInstanceOf(ToolException.class);

        assertThat(victim).hasContent(KEPT);
        assertThat(directory.resolve("elsewhere")).doesNotExist();
    }

    @Test
    void isNotWrittenThroughALinkThatAppearsAfterTheCheck() throws IOException {
        Path file = directory.resolve("rejects.jsonl");
        try (RejectFile rejects = RejectFile.at(file)) {
            Files.createSymbolicLink(file, victim);
            assertThatThrownBy(() -> rejects.add(reject()))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining("it exists");
        }
        assertThat(victim).hasContent(KEPT);
    }

    @Test
    void takesTheNextFreeNumberWhenTheUserNamedNoFile() throws IOException {
        String name = directory.resolve("export.json.rejects").toString();
        Files.writeString(Path.of(name + ".jsonl"), KEPT);
        Files.createSymbolicLink(Path.of(name + ".2.jsonl"), victim);
        try (RejectFile rejects = RejectFile.numbered(name)) {
            rejects.add(reject());
            assertThat(rejects.file()).isEqualTo(Path.of(name + ".3.jsonl"));
        }
        assertThat(Path.of(name + ".jsonl")).hasContent(KEPT);
        assertThat(victim).hasContent(KEPT);
    }

    @Test
    void isNotTouchedByADryRun() {
        Run run = Run.with(
                Map.of(),
                new ByteArrayInputStream("no json\n".getBytes(StandardCharsets.UTF_8)),
                "import-mongo",
                "-",
                "--into",
                "other",
                "--dry-run",
                "--rejects",
                victim.toString());
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
        assertThat(victim).hasContent(KEPT);
        assertThat(directory).isDirectoryNotContaining(path -> !path.equals(victim));
    }

    private static Batch.Reject reject() {
        return new Batch.Reject(new SourceDocument(1, "x".getBytes(StandardCharsets.UTF_8), null), "not valid JSON");
    }
}

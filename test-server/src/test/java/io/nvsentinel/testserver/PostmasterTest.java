// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server whose main process continuously starts children is killed with all of them. */
@DisabledOnOs(OS.WINDOWS)
class PostmasterTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    /** More than are started before the kill; then the process would end without it. */
    private static final int CHILDREN = 2_000;

    @TempDir
    private Path directory;

    @RepeatedTest(5)
    void killsWhatIsStartedWhileItKills() throws IOException {
        String marker = UUID.randomUUID().toString();
        Path children = directory.resolve("children");
        Process server = new ProcessBuilder(
                        "sh",
                        "-c",
                        "i=0; while [ $i -lt " + CHILDREN + " ]; do sh -c 'echo $$ >> " + children
                                + "; exec sleep 300' " + marker + " & i=$((i+1)); done; wait")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Path pidFile = Files.writeString(directory.resolve("postmaster.pid"), server.pid() + "\n");
            Await.until("children are started", SOON, () -> Files.exists(children));

            new Postmaster(pidFile, process -> true).kill();

            // A missed child continues and eventually writes its number, if it has not yet.
            assertThat(Files.readAllLines(children)).isNotEmpty().allSatisfy(PostmasterTest::assertDead);
            assertThat(ProcessHandle.allProcesses()
                            .filter(process -> process.info()
                                    .commandLine()
                                    .filter(line -> line.contains(marker))
                                    .isPresent())
                            .filter(Postmaster::isAlive))
                    .isEmpty();
        } finally {
            server.destroyForcibly();
            for (String child : Files.readAllLines(children)) {
                ProcessHandle.of(Long.parseLong(child)).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private static void assertDead(String child) {
        assertThat(ProcessHandle.of(Long.parseLong(child)).filter(Postmaster::isAlive))
                .isEmpty();
    }
}

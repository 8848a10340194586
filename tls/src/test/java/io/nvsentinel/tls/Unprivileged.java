// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Opens a mount in a process that may not read everything. Root may, so tests that run as root leave its rights behind in a
 * user namespace of the child's own.
 */
final class Unprivileged {

    private Unprivileged() {}

    /** What the child says: the reason and the message of the refusal, or "opened". */
    static String open(Path mount) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "--user"));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Unprivileged.class.getName(),
                mount.toString()));
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!child.waitFor(60, TimeUnit.SECONDS)) {
            child.destroyForcibly();
            throw new IllegalStateException("the child does not end");
        }
        return output.strip();
    }

    /** The child. */
    public static void main(String[] args) {
        TlsOptions options = TlsOptions.builder()
                .mount(Path.of(args[0]))
                .reloadInterval(Duration.ZERO)
                .build();
        try {
            TlsContext.open(options).close();
            System.out.println("opened");
        } catch (TlsException e) {
            System.out.println(e.reason() + " " + e.getMessage());
        }
    }
}

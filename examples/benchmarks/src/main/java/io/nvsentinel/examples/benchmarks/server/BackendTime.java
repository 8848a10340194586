// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** How long server processes have run on a processor, as Linux counts it. */
public final class BackendTime {

    private BackendTime() {}

    /**
     * Whether this machine reports processor time.
     *
     * @return true on Linux
     */
    public static boolean isKnown() {
        return Files.exists(Path.of("/proc/self/schedstat"));
    }

    /**
     * The processes that serve an application's connections.
     *
     * @param database any database of the server
     * @param applicationName the name that they gave
     * @return process ids
     */
    public static List<Long> backends(Database database, String applicationName) {
        String pids = database.text("SELECT coalesce(string_agg(pid::text, ','), '') FROM pg_stat_activity"
                + " WHERE application_name = '" + applicationName + "'");
        return pids.isEmpty()
                ? List.of()
                : Arrays.stream(pids.split(",")).map(Long::valueOf).toList();
    }

    /**
     * The processor time of processes.
     *
     * @param pids the processes; a process that has ended counts as 0
     * @return nanoseconds
     */
    public static long nanos(List<Long> pids) {
        return pids.stream().mapToLong(BackendTime::nanos).sum();
    }

    private static long nanos(long pid) {
        try {
            String[] fields =
                    Files.readString(Path.of("/proc/" + pid + "/schedstat")).split("\\s+");
            return Long.parseLong(fields[0]);
        } catch (NoSuchFileException gone) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognises servers that speak PostgreSQL's protocol and are not PostgreSQL. The change stream relies on how PostgreSQL itself
 * locks, fires deferred triggers and draws from sequences; on another server changes would be lost without an error.
 */
final class ServerProduct {

    /** What {@code version()} contains, and the product's name. PostgreSQL's own variants of vendors pass. */
    private static final Map<String, String> OTHERS = Map.ofEntries(
            Map.entry("CockroachDB", "CockroachDB"),
            Map.entry("-YB-", "YugabyteDB"),
            Map.entry("Yugabyte", "YugabyteDB"),
            Map.entry("Redshift", "Amazon Redshift"),
            Map.entry("DSQL", "Amazon Aurora DSQL"),
            Map.entry("Greenplum", "Greenplum"),
            Map.entry("Cloudberry", "Apache Cloudberry"),
            Map.entry("Materialize", "Materialize"),
            Map.entry("RisingWave", "RisingWave"),
            Map.entry("CrateDB", "CrateDB"),
            Map.entry("QuestDB", "QuestDB"),
            Map.entry("openGauss", "openGauss"),
            Map.entry("GaussDB", "GaussDB"),
            Map.entry("Spanner", "Google Cloud Spanner"));

    /** {@code PostgreSQL 16.4 on x86_64-pc-linux-gnu, compiled by gcc …}; some builds for Windows name no platform. */
    private static final Pattern POSTGRESQL =
            Pattern.compile("PostgreSQL ([0-9]{1,4})(?:[^0-9].{0,400})?, compiled by .*");

    private static final int OLDEST = 14;

    private ServerProduct() {}

    /**
     * Checks the product of a server.
     *
     * @param version what its function {@code version()} returns
     * @return the problem and the requirement; empty for a PostgreSQL that is supported
     */
    static Optional<String> problem(String version) {
        for (Map.Entry<String, String> other : OTHERS.entrySet()) {
            if (version.contains(other.getKey())) {
                return Optional.of(refused("The server is " + other.getValue()));
            }
        }
        Matcher matcher = POSTGRESQL.matcher(version);
        if (!matcher.matches()) {
            return Optional.of(refused("The server does not identify itself as PostgreSQL"));
        }
        if (Integer.parseInt(matcher.group(1)) < OLDEST) {
            return Optional.of("The server is PostgreSQL " + matcher.group(1) + " and must be " + OLDEST + " or newer");
        }
        return Optional.empty();
    }

    private static String refused(String what) {
        return what
                + ", which locks, fires triggers and draws ids differently from PostgreSQL, so that changes would be"
                + " lost without an error; PostgreSQL " + OLDEST + " or newer is needed";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.internal.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parameters that are passed to the server. Only parameters that do not affect the guarantees of the library are
 * allowed; the others are rejected, with the name of the corresponding option if there is one.
 */
final class ExtraParams {

    private static final Set<String> KNOWN = Set.of(
            "client_connection_check_interval",
            "client_min_messages",
            "effective_cache_size",
            "effective_io_concurrency",
            "gin_fuzzy_search_limit",
            "hash_mem_multiplier",
            "jit",
            "log_min_duration_statement",
            "max_parallel_workers_per_gather",
            "plan_cache_mode",
            "random_page_cost",
            "seq_page_cost",
            "tcp_keepalives_count",
            "tcp_keepalives_idle",
            "tcp_keepalives_interval",
            "tcp_user_timeout",
            "temp_buffers",
            "work_mem");

    private static final Map<String, String> OWN_OPTION = Map.ofEntries(
            Map.entry("application_name", "applicationName"),
            Map.entry("channel_binding", "channelBinding"),
            Map.entry("connect_timeout", "connectTimeout"),
            Map.entry("currentschema", "schema"),
            Map.entry("dbname", "database"),
            Map.entry("host", "host"),
            Map.entry("lock_timeout", "lockTimeout"),
            Map.entry("password", "password"),
            Map.entry("port", "port"),
            Map.entry("require_auth", "requireAuth"),
            Map.entry("search_path", "schema"),
            Map.entry("sslcert", "sslCert"),
            Map.entry("sslkey", "sslKey"),
            Map.entry("sslmode", "sslMode"),
            Map.entry("sslrootcert", "sslRootCert"),
            Map.entry("statement_timeout", "statementTimeout"),
            Map.entry("user", "username"));

    private static final int LONGEST = 200;

    static final Kind<Map<String, String>> KIND = new Kind<>(ExtraParams::read, ExtraParams::complaint);

    private ExtraParams() {}

    private static Map<String, String> read(String text) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String part : text.split("\\s+")) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("must be name=value pairs, separated by spaces");
            }
            if (parameters.put(part.substring(0, equals), part.substring(equals + 1)) != null) {
                throw new IllegalArgumentException("must not name " + Shown.name(part.substring(0, equals)) + " twice");
            }
        }
        return Map.copyOf(parameters);
    }

    private static @Nullable String complaint(Map<String, String> parameters) {
        List<String> complaints = new ArrayList<>();
        parameters.keySet().stream().sorted().forEach(name -> {
            String complaint = complaint(name, String.valueOf(parameters.get(name)));
            if (complaint != null) {
                complaints.add(complaint);
            }
        });
        return complaints.isEmpty() ? null : String.join(", ", complaints);
    }

    private static @Nullable String complaint(String name, String value) {
        String lower = name.toLowerCase(Locale.ROOT);
        String own = OWN_OPTION.get(lower);
        if (own != null) {
            return "must not set " + name + ", which is the option " + own;
        }
        if (!KNOWN.contains(lower)) {
            return "must not set " + Shown.name(name) + Nearest.hint(lower, KNOWN)
                    + ": only safe parameters are passed to the server";
        }
        boolean printable = value.length() <= LONGEST && Names.complaint(value) == null;
        return printable && !value.isBlank() ? null : "must set " + name + " to a short printable string";
    }
}

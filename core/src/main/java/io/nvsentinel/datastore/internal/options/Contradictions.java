// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.ChannelBinding;
import io.nvsentinel.tls.SslMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Options that are well one by one and do not fit together. */
final class Contradictions {

    private Contradictions() {}

    static List<String> in(OptionValues values) {
        List<String> found = new ArrayList<>();
        if ((values.find(Options.SSL_CERT) == null) != (values.find(Options.SSL_KEY) == null)) {
            found.add("sslCert and sslKey must be given together (" + sources(values, Options.SSL_CERT, Options.SSL_KEY)
                    + ")");
        }
        if (values.find(Options.SSL_PASSWORD_FILE) != null && values.find(Options.SSL_KEY) == null) {
            found.add("sslPasswordFile needs sslKey (" + values.source(Options.SSL_PASSWORD_FILE) + ")");
        }
        if (values.find(Options.SSL_MODE) == SslMode.DISABLE) {
            files(values)
                    .map(file -> "sslMode disable (" + values.source(Options.SSL_MODE) + ") contradicts " + file.name()
                            + " (" + values.source(file) + ")")
                    .forEach(found::add);
        }
        if (values.find(Options.SSL_MODE) == SslMode.DISABLE
                && values.get(Options.CHANNEL_BINDING) == ChannelBinding.REQUIRE) {
            found.add("channelBinding require (" + values.source(Options.CHANNEL_BINDING)
                    + ") needs TLS, which sslMode disable turns off (" + values.source(Options.SSL_MODE) + ")");
        }
        Integer idle = values.find(Options.MAX_IDLE_CONNECTIONS);
        int all = values.get(Options.MAX_CONNECTIONS);
        if (idle != null && idle > all) {
            found.add("maxIdleConnections must not be above maxConnections: " + idle + " ("
                    + values.source(Options.MAX_IDLE_CONNECTIONS) + ") and " + all + " ("
                    + values.source(Options.MAX_CONNECTIONS) + ")");
        }
        return found;
    }

    private static Stream<Option<Path>> files(OptionValues values) {
        return Stream.of(
                        Options.SSL_CERT,
                        Options.SSL_KEY,
                        Options.SSL_ROOT_CERT,
                        Options.SSL_CRL,
                        Options.SSL_PASSWORD_FILE)
                .filter(file -> values.find(file) != null)
                // A mount is there for every service; turning TLS off does not contradict it.
                .filter(file -> !values.source(file).equals(Options.CERTIFICATES.variable()));
    }

    private static String sources(OptionValues values, Option<?> one, Option<?> other) {
        return values.find(one) != null ? values.source(one) : values.source(other);
    }
}

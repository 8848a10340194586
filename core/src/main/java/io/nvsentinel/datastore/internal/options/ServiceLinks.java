// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.internal.Printable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The variables that Kubernetes adds to every container for each Service of the namespace, in the format of Docker
 * links. For a Service named {@code datastore}, or with that prefix, they look like options of this library but are
 * not.
 */
final class ServiceLinks {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.options");

    private static final String SERVICE = "DATASTORE(?:_[A-Z0-9_]+)?";
    private static final Pattern BY_NAME = Pattern.compile(SERVICE
            + "_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)");
    private static final Pattern PORT = Pattern.compile(SERVICE + "_PORT");
    private static final Pattern ADDRESS = Pattern.compile("(?:tcp|udp|sctp)://.*");

    private ServiceLinks() {}

    /** The environment without them. */
    static Map<String, String> removedFrom(Map<String, String> environment) {
        List<String> links = environment.entrySet().stream()
                .filter(variable -> isLink(variable.getKey(), variable.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        if (links.isEmpty()) {
            return environment;
        }
        LOG.debug("Variables of Kubernetes service links ignored: {}", Printable.line(links.toString()));
        Map<String, String> others = new HashMap<>(environment);
        links.forEach(others::remove);
        return others;
    }

    /** Whether a variable is one of them. */
    static boolean isLink(String name, String value) {
        return BY_NAME.matcher(name).matches()
                || (PORT.matcher(name).matches() && ADDRESS.matcher(value).matches());
    }
}

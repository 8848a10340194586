// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The certificate of each server, even if the client would reject it. */
final class ServerCertificateCheck implements Check {

    @Override
    public String name() {
        return "certificates";
    }

    @Override
    public Need need() {
        return Need.OPTIONS;
    }

    @Override
    public void run(Patient patient) {
        if (patient.options().sslMode() == SslMode.DISABLE) {
            return;
        }
        Set<InetSocketAddress> servers = new LinkedHashSet<>();
        ServerPath.of(patient.options()).forEach(path -> servers.addAll(path.servers()));
        int millis = (int) Math.max(
                1, patient.options().connectTimeout().dividedBy(servers.size()).toMillis());
        servers.forEach(server -> examine(patient, server, millis));
    }

    private static void examine(Patient patient, InetSocketAddress server, int millis) {
        String name = server.getHostString() + ":" + server.getPort();
        try {
            Optional<X509Certificate> shown = ServerCertificate.of(server, millis);
            if (shown.isPresent()) {
                tell(patient, name, shown.get());
            } else {
                patient.fail(
                        name + " does not support TLS",
                        "set ssl = on in postgresql.conf; with sslmode disable, passwords would be sent in plain text",
                        Map.of("host", name));
            }
        } catch (IOException | GeneralSecurityException e) {
            patient.unchecked("the certificate of " + name + " could not be read: " + e.getMessage());
        }
    }

    private static void tell(Patient patient, String server, X509Certificate certificate) {
        Instant until = certificate.getNotAfter().toInstant();
        long left = ChronoUnit.DAYS.between(patient.invocation().clock().instant(), until);
        String subject = certificate.getSubjectX500Principal().toString();
        List<String> names = ServerCertificate.names(certificate);
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("role", "server");
        facts.put("host", server);
        facts.put("subject", subject);
        facts.put("issuer", certificate.getIssuerX500Principal().toString());
        facts.put("names", names);
        facts.put("notAfter", until.toString());
        facts.put("daysLeft", left);
        String day = LocalDate.ofInstant(until, ZoneOffset.UTC).toString();
        String text = "server " + subject + " for " + (names.isEmpty() ? "no names" : String.join(", ", names));
        String valid = text + ", valid until " + day + ", " + left + " days left";
        if (until.isBefore(patient.invocation().clock().instant())) {
            patient.fail(text + ", expired on " + day, "renew it on the server, and reload the configuration", facts);
        } else if (left < patient.limits().days()) {
            patient.warn(valid, "renew it on the server, and reload the configuration", facts);
        } else {
            patient.ok(valid, facts);
        }
    }
}

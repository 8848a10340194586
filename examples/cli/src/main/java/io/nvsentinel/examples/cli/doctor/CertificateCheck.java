// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.nvsentinel.tls.TlsOptions;
import io.nvsentinel.tls.TlsStatus;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The TLS mode, and each certificate from a file: can it be used, for how long, and does it name the user. */
final class CertificateCheck implements Check {

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
        DatastoreOptions options = patient.options();
        TlsOptions tls = options.tls().orElse(null);
        if (tls == null) {
            patient.warn(
                    "sslmode is disable: everything, passwords too, travels in plain text",
                    "use verify-full with the authority's certificate, unless the network is your own machine",
                    Map.of("mode", SslMode.DISABLE.libpqName()));
            return;
        }
        try (TlsContext context = TlsContext.open(tls)) {
            mode(patient, tls.mode(), options);
            TlsStatus status = context.status();
            status.certificates().forEach(certificate -> certificate(patient, certificate));
            user(patient, options, status);
        } catch (TlsException e) {
            patient.fail(
                    String.valueOf(e.getMessage()),
                    cure(e.reason()),
                    Map.of("reason", e.reason().name().toLowerCase(Locale.ROOT)));
        }
    }

    private static void mode(Patient patient, SslMode mode, DatastoreOptions options) {
        Map<String, Object> facts = Map.of("mode", mode.libpqName());
        String text = "sslmode is " + mode.libpqName();
        switch (mode) {
            case VERIFY_FULL -> patient.ok(text + ": the server's certificate and its name are verified", facts);
            case VERIFY_CA -> patient.ok(text + ": the server's certificate is verified, its name is not", facts);
            default -> {
                boolean verified = mode == SslMode.REQUIRE && options.sslRootCert() != null;
                if (verified) {
                    patient.ok(text + " with an authority: as verify-ca", facts);
                } else {
                    patient.warn(
                            text + ": nobody verifies that the server is the server",
                            "use verify-full with the authority's certificate",
                            facts);
                }
            }
        }
    }

    private static void certificate(Patient patient, TlsStatus.Certificate certificate) {
        String role = switch (certificate.role()) {
            case CLIENT -> "client";
            case CLIENT_CHAIN -> "client's chain";
            case AUTHORITY -> "authority";
        };
        LocalDate until = LocalDate.ofInstant(certificate.notAfter(), ZoneOffset.UTC);
        long left = certificate.daysLeft();
        String text = role + " " + certificate.subject() + ", valid until " + until + ", " + left + " days left";
        Map<String, @Nullable Object> facts = facts(role, certificate);
        if (left < 0) {
            patient.fail(role + " " + certificate.subject() + " expired on " + until, "renew it", facts);
        } else if (left < patient.limits().days()) {
            patient.warn(text, "renew it", facts);
        } else {
            patient.ok(text, facts);
        }
    }

    private static Map<String, @Nullable Object> facts(String role, TlsStatus.Certificate certificate) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("role", role);
        facts.put("subject", certificate.subject());
        facts.put("issuer", certificate.issuer());
        facts.put("serial", certificate.serial().toString());
        facts.put("notBefore", certificate.notBefore().toString());
        facts.put("notAfter", certificate.notAfter().toString());
        facts.put("daysLeft", certificate.daysLeft());
        return facts;
    }

    private static void user(Patient patient, DatastoreOptions options, TlsStatus status) {
        if (status.daysLeft(TlsStatus.Role.CLIENT).isEmpty()) {
            if (options.password() == null) {
                patient.warn(
                        "neither a password nor a client certificate: only a server that trusts everybody lets this in",
                        "set DATASTORE_PASSWORD, or DATASTORE_SSLCERT and DATASTORE_SSLKEY",
                        Map.of());
            }
            return;
        }
        if (options.password() == null) {
            patient.ok(
                    "the client certificate names the user " + options.username(), Map.of("user", options.username()));
        }
    }

    private static String cure(TlsException.Reason reason) {
        return switch (reason) {
            case INVALID_OPTION -> "mend the option";
            case MISSING -> "mount the secret, or mend the path";
            case NOT_READABLE -> "let the user of this process read it (fsGroup, defaultMode)";
            case KEY_PERMISSIONS -> "chmod 600, or defaultMode 0400 of the secret";
            case UNREADABLE_CONTENT -> "put a PEM file there";
            case KEY_PASSWORD -> "set DATASTORE_SSLPASSWORD_FILE to the file with the key's password";
            case KEY_MISMATCH -> "take key and certificate from one issue";
            case WEAK_KEY -> "issue it anew with RSA from 2048 bits, or EC from 224";
            case NOT_YET_VALID -> "wait, or set this machine's clock";
            case EXPIRED -> "renew it; with cert-manager look at the Certificate's events";
            case USER_MISMATCH -> "issue it for the user as common name, or log in as the one it names";
            case UNSTABLE -> "try again when the files are no longer being written";
        };
    }
}

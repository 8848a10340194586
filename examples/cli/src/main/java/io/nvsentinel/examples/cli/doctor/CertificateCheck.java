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
                    "sslmode is disable: all data, including passwords, is sent in plain text",
                    "use verify-full with the authority's certificate, unless the server is on this machine",
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
            case VERIFY_FULL -> patient.ok(text + ": the server's certificate and host name are verified", facts);
            case VERIFY_CA -> patient.ok(text + ": the server's certificate is verified, its host name is not", facts);
            default -> {
                boolean verified = mode == SslMode.REQUIRE && options.sslRootCert() != null;
                if (verified) {
                    patient.ok(text + " with an authority has the effect of verify-ca", facts);
                } else {
                    patient.warn(
                            text + ": the server's certificate is not verified, so another server could impersonate it",
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
                        "neither a password nor a client certificate is set: only a server with the "
                                + "method trust accepts this login",
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
            case INVALID_OPTION -> "correct the option";
            case MISSING -> "mount the secret, or correct the path";
            case NOT_READABLE -> "allow the user of this process to read it (fsGroup, defaultMode)";
            case KEY_PERMISSIONS -> "chmod 600, or defaultMode 0400 of the secret";
            case UNREADABLE_CONTENT -> "replace it by a PEM file";
            case KEY_PASSWORD -> "set DATASTORE_SSLPASSWORD_FILE to the file with the key's password";
            case KEY_MISMATCH -> "use the key that belongs to the certificate";
            case WEAK_KEY -> "issue a new certificate with RSA of at least 2048 bits, or EC of at least 224";
            case NOT_YET_VALID -> "wait, or correct this machine's clock";
            case EXPIRED -> "renew it; with cert-manager, check the events of the Certificate";
            case USER_MISMATCH -> "issue it with the user as common name, or log in as the user it names";
            case UNSTABLE -> "try again when the files are completely written";
        };
    }
}
